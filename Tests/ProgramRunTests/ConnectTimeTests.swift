// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// The kernel cannot run these programs on demand, so processes make real socket calls.
@Suite(
    .needsKernel,
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/perl"), "needs perl for its socket calls"))
struct ConnectTimeTests {
    /// How a process may address a service: in its own family, and IPv4 by way of an IPv6 socket.
    private static let addressings: [(AddressFamily, Bool)] = [(.v4, false), (.v4, true), (.v6, false)]

    private static let connect = """
        socket(my $socket, $family, SOCK_STREAM, 0) or fail();
        connect($socket, $address) or fail();
        print text(getpeername($socket)), "\\n";
        """
    private static let exchange = """
        socket(my $socket, $family, SOCK_DGRAM, 0) or fail();
        defined send($socket, 'ping', 0, $address) or fail();
        my $peer = recv($socket, my $buffer, 100, 0);
        print text($peer), " $buffer\\n";
        """

    private func virtual(_ family: AddressFamily, mapped: Bool = false) -> String {
        let address = Cast(family).virtual
        return family == .v6 ? "[\(address)]:80" : mapped ? "[::ffff:\(address)]:80" : "\(address):80"
    }

    private func service(_ family: AddressFamily) -> Endpoint {
        Endpoint(address: Cast(family).virtual, port: 80)
    }

    private func serve(_ bench: SocketBench, by servers: LoopbackServer...) throws -> UInt32 {
        try bench.bench.serve(by: servers.map { Backend(endpoint: $0.endpoint, isLocal: false) })
    }

    @Test(arguments: addressings) func aTCPConnectionReachesTheBackendAndSeesTheService(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let server = try LoopbackServer(.tcp, family)
        let id = try serve(bench, by: server)
        let lines = try bench.lines(bench.start(Self.connect, to: service(family), mapped: mapped))
        #expect(lines == [virtual(family, mapped: mapped)])
        #expect(try server.acceptAll() == 1)
        #expect(try bench.bench.counters() == [.socketTranslated: 1, .socketRestored: 1])
        let memory = SocketBench.Memory(
            backend: server.endpoint, asked: service(family), transport: 6, serviceID: id)
        #expect(try bench.remembered() == [memory])
    }

    @Test(arguments: addressings) func aDatagramIsAnsweredByTheService(family: AddressFamily, mapped: Bool) throws {
        let bench = try SocketBench(family)
        let server = try LoopbackServer(.udp, family)
        let id = try serve(bench, by: server)
        let child = try bench.start(Self.exchange, to: service(family), mapped: mapped)
        #expect(try server.echo())
        #expect(try bench.lines(child) == ["\(virtual(family, mapped: mapped)) ping"])
        #expect(try bench.bench.counters() == [.socketTranslated: 1, .socketRestored: 1])
        let memory = SocketBench.Memory(
            backend: server.endpoint, asked: service(family), transport: 17, serviceID: id)
        #expect(try bench.remembered() == [memory])
    }

    @Test(arguments: addressings) func aConnectedDatagramSocketSeesTheService(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let server = try LoopbackServer(.udp, family)
        _ = try serve(bench, by: server)
        let script = """
            socket(my $socket, $family, SOCK_DGRAM, 0) or fail();
            connect($socket, $address) or fail();
            defined send($socket, 'ping', 0) or fail();
            my $peer = recv($socket, my $buffer, 100, 0);
            print text(getpeername($socket)), ' ', text($peer), " $buffer\\n";
            """
        let child = try bench.start(script, to: service(family), mapped: mapped)
        #expect(try server.echo())
        let name = virtual(family, mapped: mapped)
        #expect(try bench.lines(child) == ["\(name) \(name) ping"])
        var counters: [CounterReason: UInt64] = [.socketTranslated: 1, .socketRestored: 2]
        // The kernel hands what a mapped socket sends to the hook of unconnected IPv4 ones, with the peer's address.
        if mapped { counters[.socketNotService] = 1 }
        #expect(try bench.bench.counters() == counters)
    }

    /// A resolver that sends its questions one by one must not ask another server each time.
    @Test(arguments: AddressFamily.allCases) func anUnconnectedSocketKeepsItsBackend(family: AddressFamily) throws {
        let bench = try SocketBench(family)
        let servers = try (0..<4).map { _ in try LoopbackServer(.udp, family) }
        try bench.bench.serve(by: servers.map { Backend(endpoint: $0.endpoint, isLocal: false) })
        let script = """
            socket(my $socket, $family, SOCK_DGRAM, 0) or fail();
            for (1 .. 20) { defined send($socket, 'ping', 0, $address) or fail(); }
            """
        #expect(try bench.lines(bench.start(script, to: service(family))) == [])
        #expect(try servers.map { try $0.drain() }.sorted() == [0, 0, 0, 20])
        #expect(try bench.bench.counters() == [.socketTranslated: 20])
        #expect(try bench.remembered().count == 1)
    }

    /// That all of forty choices hit the same one of two happens once in 2^39 times.
    @Test(arguments: AddressFamily.allCases) func connectionsSpreadOverTheBackends(family: AddressFamily) throws {
        let bench = try SocketBench(family)
        let servers = try (0..<2).map { _ in try LoopbackServer(.tcp, family) }
        try bench.bench.serve(by: servers.map { Backend(endpoint: $0.endpoint, isLocal: false) })
        let script = """
            for (1 .. 40) {
                socket(my $socket, $family, SOCK_STREAM, 0) or fail();
                connect($socket, $address) or fail();
            }
            """
        #expect(try bench.lines(bench.start(script, to: service(family))) == [])
        let counts = try servers.map { try $0.acceptAll() }
        #expect(counts.reduce(0, +) == 40)
        #expect(counts.allSatisfy { $0 > 0 })
        #expect(try bench.bench.counters() == [.socketTranslated: 40])
    }

    @Test(arguments: addressings) func aCallThatNamesNoFrontendIsLeftAlone(family: AddressFamily, mapped: Bool) throws {
        let bench = try SocketBench(family)
        let server = try LoopbackServer(.tcp, family)
        let lines = try bench.lines(bench.start(Self.connect, to: server.endpoint, mapped: mapped))
        #expect(
            lines == [mapped ? "[::ffff:\(server.endpoint.address)]:\(server.endpoint.port)" : "\(server.endpoint)"])
        #expect(try server.acceptAll() == 1)
        #expect(try bench.bench.counters() == [.socketNotService: 2])
        #expect(try bench.remembered() == [])
    }

    /// The answer of a closed port, not a puzzling "operation not permitted".
    @Test(.needsReturnValue, arguments: addressings) func aServiceWithoutBackendsRefusesConnections(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(by: [])
        #expect(
            try bench.lines(bench.start(Self.connect, to: service(family), mapped: mapped)) == ["errno \(ECONNREFUSED)"]
        )
        #expect(
            try bench.lines(bench.start(Self.exchange, to: service(family), mapped: mapped)) == [
                "errno \(ECONNREFUSED)"
            ])
        #expect(try bench.bench.counters() == [.socketNoBackend: 2])
    }

    @Test(arguments: AddressFamily.allCases) func aFrontendThatNamesNoSlotLeavesTheCallAlone(
        family: AddressFamily
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.writeFrontend(service: 9, firstSlot: 1024, slotCount: 2)
        let script = """
            socket(my $socket, $family, SOCK_DGRAM, 0) or fail();
            connect($socket, $address) or fail();
            print text(getpeername($socket)), "\\n";
            """
        #expect(try bench.lines(bench.start(script, to: service(family))) == [virtual(family)])
        #expect(try bench.bench.counters() == [.socketSlotMissing: 1, .socketNotService: 1])
    }

    @Test(arguments: addressings) func withoutUDPOnlyTCPIsBalanced(family: AddressFamily, mapped: Bool) throws {
        let bench = try SocketBench(family) { $0.options.connectTime = .tcp }
        let server = try LoopbackServer(.tcp, family)
        _ = try serve(bench, by: server)
        let script = """
            socket(my $datagrams, $family, SOCK_DGRAM, 0) or fail();
            connect($datagrams, $address) or fail();
            print text(getpeername($datagrams)), "\\n";
            """ + Self.connect
        let name = virtual(family, mapped: mapped)
        #expect(try bench.lines(bench.start(script, to: service(family), mapped: mapped)) == [name, name])
        #expect(try server.acceptAll() == 1)
        #expect(
            try bench.bench.counters() == [.socketNotService: 2, .socketTranslated: 1, .socketRestored: 1])
    }

    /// A call to a service that has moved on since is answered by the new backend, the open socket keeps its name.
    @Test(arguments: AddressFamily.allCases) func anOpenSocketKeepsItsNameWhenTheServiceMoves(
        family: AddressFamily
    ) throws {
        let bench = try SocketBench(family)
        let (old, new) = (try LoopbackServer(.tcp, family), try LoopbackServer(.tcp, family))
        _ = try serve(bench, by: old)
        let script = """
            socket(my $first, $family, SOCK_STREAM, 0) or fail();
            connect($first, $address) or fail();
            print "open\\n";
            kill 'STOP', $$;
            socket(my $second, $family, SOCK_STREAM, 0) or fail();
            connect($second, $address) or fail();
            print text(getpeername($first)), ' ', text(getpeername($second)), "\\n";
            """
        let child = try bench.start(script, to: service(family))
        #expect(try child.readLine(until: Deadline(after: .seconds(5))) == "open")
        _ = try serve(bench, by: new)
        try waitUntilStopped(child.id)
        child.send(signal: SIGCONT)
        #expect(try bench.lines(child) == ["\(virtual(family)) \(virtual(family))"])
        #expect(try [old.acceptAll(), new.acceptAll()] == [1, 1])
    }

    private func waitUntilStopped(_ process: Int32) throws {
        let deadline = Deadline(after: .seconds(5))
        while try !Filesystem.readText("/proc/\(process)/stat").contains(") T ") {
            try #require(!deadline.hasPassed)
            sched_yield()
        }
    }
}
