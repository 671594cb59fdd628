// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Connect-time programs on a cgroup of their own, and processes in it whose socket calls they see.
final class SocketBench {
    let bench: ProgramBench
    private let cgroup: PrivateCgroup

    var family: AddressFamily { bench.family }

    init(_ family: AddressFamily, setUp: (inout ProgramBench.Setup) -> Void = { _ in }) throws {
        let programs = DataplaneProgram.all.filter { $0.source == "connect" && $0.family == family }
        bench = try ProgramBench(programs.map(\.name), family, setUp: setUp)
        cgroup = try PrivateCgroup()
        let attacher = Attacher(directory: bench.directory, cgroup: cgroup.path)
        for program in programs {
            guard case .cgroup(let type) = program.hook else { continue }
            try attacher.attach(
                Attachment(wanting: program, at: .cgroup(type, id: cgroup.id)),
                Program(pinned: bench.directory.program(program)))
        }
    }

    /// Starts `script`, preceded by what it needs to name addresses, on the node and in the cgroup.
    ///
    /// The script finds `$domain`, `$host` and `$port`.
    ///
    /// - Parameter place: another network namespace, as a pod would be.
    func start(
        _ script: String, to endpoint: Endpoint, mapped: Bool = false, in place: PrivateNode? = nil
    ) throws -> ChildProcess {
        let host = mapped ? "::ffff:\(endpoint.address)" : "\(endpoint.address)"
        let domain = endpoint.family == .v6 || mapped ? "inet6" : "inet"
        var command = Command("/usr/bin/perl", ["-e", Self.prelude + script, domain, host, "\(endpoint.port)"])
        command.output = .pipe
        command.error = .pipe
        command.cgroup = cgroup.path
        // The thread that starts it inside the node ends at once.
        command.diesWithParent = false
        return try (place ?? bench.node.node).start(command)
    }

    private static let prelude = """
        use strict; use Socket qw(:DEFAULT inet_pton inet_ntop); $| = 1;
        my ($domain, $host, $port) = @ARGV;
        my $family = $domain eq 'inet6' ? AF_INET6 : AF_INET;
        my $bytes = inet_pton($family, $host);
        my $address = $family == AF_INET6 ? pack_sockaddr_in6($port, $bytes) : pack_sockaddr_in($port, $bytes);
        sub text {
            my ($name) = @_;
            return 'none' unless $name;
            my ($port, $bytes) =
                sockaddr_family($name) == AF_INET6 ? unpack_sockaddr_in6($name) : unpack_sockaddr_in($name);
            return sprintf(length($bytes) == 16 ? '[%s]:%d' : '%s:%d', inet_ntop(sockaddr_family($name), $bytes), $port);
        }
        sub fail { print 'errno ', $! + 0, "\\n"; exit 0; }

        """

    /// The lines that a finished script has printed; what it complained about is an issue of the test.
    func lines(_ child: ChildProcess, sourceLocation: SourceLocation = #_sourceLocation) throws -> [String] {
        let output = try child.collect(until: Deadline(after: .seconds(5)))
        let complaint = String(decoding: output.error, as: UTF8.self)
        #expect(complaint.isEmpty, sourceLocation: sourceLocation)
        #expect(output.status == .exited(0), sourceLocation: sourceLocation)
        return String(decoding: output.output, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// What the socket map remembers: the backend, and the service that was asked for.
    struct Memory: Hashable {
        let backend: Endpoint
        let asked: Endpoint
        let transport: UInt16
        let serviceID: UInt32
    }

    func remembered() throws -> [Memory] {
        switch family {
        case .v4:
            try Map<socket_key_v4, socket_v4>(pinned: bench.directory.map(.sockets(.v4))).entries().map { key, value in
                Memory(
                    backend: Endpoint(address: key.addr.model, port: UInt16(bigEndian: key.port)),
                    asked: Endpoint(address: value.addr.model, port: UInt16(bigEndian: value.port)),
                    transport: value.proto, serviceID: value.service_id)
            }
        case .v6:
            try Map<socket_key_v6, socket_v6>(pinned: bench.directory.map(.sockets(.v6))).entries().map { key, value in
                Memory(
                    backend: Endpoint(address: key.addr.model, port: UInt16(bigEndian: key.port)),
                    asked: Endpoint(address: value.addr.model, port: UInt16(bigEndian: value.port)),
                    transport: value.proto, serviceID: value.service_id)
            }
        }
    }
}

/// A server on the test node's loopback, outside the cgroup.
final class LoopbackServer {
    private let socket: Socket
    let endpoint: Endpoint

    init(_ transport: TransportProtocol, _ family: AddressFamily) throws {
        let any = Endpoint(address: family == .v4 ? .of("127.0.0.1") : .of("::1"), port: 0)
        var made: Socket?
        try TestNode.shared().node.run {
            made = transport == .tcp ? try Socket.listening(on: any) : try Socket.datagrams(on: any)
        }
        guard let made = made.take() else { throw SystemError(.createSocket, "\(any)", .noEntry) }
        endpoint = try made.localEndpoint()
        socket = made
    }

    var descriptor: Int32 { socket.descriptor.rawValue }

    /// How many connections wait to be accepted; each is closed at once.
    func acceptAll() throws -> Int {
        var count = 0
        while try socket.accept() != nil { count += 1 }
        return count
    }

    /// Answers one datagram.
    ///
    /// - Returns: false when none came within five seconds.
    func echo() throws -> Bool {
        guard try Poll.readable([descriptor], until: Deadline(after: .seconds(5)))[0],
            let datagram = try socket.receiveDatagram()
        else { return false }
        return try socket.answer(datagram, with: datagram.bytes)
    }

    /// How many datagrams have arrived.
    func drain() throws -> Int {
        var count = 0
        while try socket.receiveDatagram() != nil { count += 1 }
        return count
    }
}
