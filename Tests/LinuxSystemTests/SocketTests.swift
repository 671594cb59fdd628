// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import Testing

@testable import LinuxSystem

@Suite struct SocketTests {
    @Test(arguments: loopbackEndpoints)
    func aConnectionCarriesBytesBothWays(endpoint: Endpoint) throws {
        let listener = try Socket.listening(on: endpoint)
        let target = try listener.localEndpoint()
        #expect(target.address == endpoint.address && target.port != 0)
        #expect(try listener.accept() == nil)
        let client = try Socket.connected(.tcp, to: target, until: soon())
        #expect(try Poll.readable([listener.descriptor.rawValue], until: soon()) == [true])
        let server = try #require(try SharedSocket(acceptedBy: listener))
        #expect(try server.socket.peerEndpoint() == client.localEndpoint())
        #expect(try client.peerEndpoint() == target)
        #expect(try client.receive(upTo: 10) == nil)
        #expect(try server.socket.send([1, 2, 3]) == 3)
        #expect(try Poll.readable([client.descriptor.rawValue], until: soon()) == [true])
        #expect(try client.receive(upTo: 2) == [1, 2])
        #expect(try client.receive(upTo: 2) == [3])
        #expect(shutdown(server.socket.descriptor.rawValue, Int32(SHUT_WR)) == 0)
        #expect(try Poll.readable([client.descriptor.rawValue], until: soon()) == [true])
        #expect(try client.receive(upTo: 2) == [])
    }

    @Test(arguments: loopbackEndpoints)
    func aDatagramKnowsBothItsAddresses(endpoint: Endpoint) throws {
        let unspecified: IPAddress = endpoint.family == .v4 ? .v4(0) : .v6(high: 0, low: 0)
        let server = try Socket.datagrams(on: Endpoint(address: unspecified, port: 0))
        let client = try Socket.datagrams(on: endpoint)
        let target = Endpoint(address: endpoint.address, port: try server.localEndpoint().port)
        #expect(try server.receiveDatagram() == nil)
        #expect(try client.send([7], to: target))
        #expect(try Poll.readable([server.descriptor.rawValue], until: soon()) == [true])
        let received = try #require(try server.receiveDatagram())
        #expect(received.bytes == [7] && received.local == endpoint.address)
        #expect(try received.peer == client.localEndpoint())
        #expect(try server.answer(received, with: [8, 9]))
        #expect(try Poll.readable([client.descriptor.rawValue], until: soon()) == [true])
        let answer = try #require(try client.receiveDatagram())
        #expect(answer.bytes == [8, 9] && answer.peer == target && answer.local == endpoint.address)
    }

    @Test(arguments: loopbackEndpoints)
    func aRefusedConnectionNamesItsTarget(endpoint: Endpoint) throws {
        let target: Endpoint
        do { target = try Socket.listening(on: endpoint).localEndpoint() }
        #expect(throws: SystemError(.connectSocket, "\(target)", .connectionRefused)) {
            _ = try Socket.connected(.tcp, to: target, until: soon())
        }
    }

    @Test func aTakenPortIsReported() throws {
        let first = try Socket.listening(on: try Endpoint("127.0.0.1:1").withPort(0))
        let taken = try first.localEndpoint()
        #expect(throws: SystemError(.bindSocket, "\(taken)", .addressInUse)) {
            _ = try Socket.listening(on: taken)
        }
    }

    @Test func waitingForInputEndsAtTheDeadline() throws {
        let socket = try Socket.datagrams(on: try Endpoint("127.0.0.1:1").withPort(0))
        #expect(try Poll.readable([socket.descriptor.rawValue], until: Deadline(after: .milliseconds(5))) == [false])
        #expect(try Poll.writable(socket.descriptor.rawValue, until: soon()))
    }
}

private let loopbackEndpoints = [
    Endpoint(address: .v4(0x7f00_0001), port: 0), Endpoint(address: .v6(high: 0, low: 1), port: 0),
]

extension Endpoint {
    fileprivate func withPort(_ port: UInt16) -> Endpoint { Endpoint(address: address, port: port) }
}

/// An accepted connection that an expectation can unwrap.
private final class SharedSocket {
    let socket: Socket

    init?(acceptedBy listener: borrowing Socket) throws {
        guard let socket = try listener.accept() else { return nil }
        self.socket = socket
    }
}

@Suite(.needsRoot) struct CgroupTests {
    @Test func aProcessKnowsItsOwnCgroupAndThoseAroundIt() throws {
        let root = try #require(try MountTable.current().cgroup2)
        let line = try #require(
            try Filesystem.readText("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") })
        let own = try Filesystem.identity("\(root)\(line.dropFirst(3))").inode
        #expect(Cgroup.ownAncestry.first == own)
        #expect(Cgroup.ownAncestry.last == (try Filesystem.identity(root).inode))
    }

    @Test func aTreeIsDestroyedWithItsProcesses() throws {
        let root = try #require(try MountTable.current().cgroup2)
        let path = "\(root)/ebpfctl-test-\(UInt32.random(in: 0 ... .max))"
        let parent = try Cgroup.make(path)
        defer { if Filesystem.exists(path) { try? parent.destroy(until: soon()) } }
        let child = try Cgroup.make("\(path)/a/b")
        #expect(try parent.children() == [Cgroup(at: "\(path)/a")])
        var command = Command("/bin/sleep", ["1000"])
        command.cgroup = child.path
        let process = try command.start()
        #expect(try child.processes() == [process.id])
        #expect(try parent.processes() == [])
        try parent.destroy(until: soon())
        #expect(try process.wait(until: soon()) == .killed(signal: SIGKILL))
        #expect(!Filesystem.exists(path))
    }
}
