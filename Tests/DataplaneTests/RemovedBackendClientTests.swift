// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// Two UDP servers of one service on a node of its own, and a client there that is balanced when it connects.
private final class Resolvers {
    static let service = "default/dns"
    let node: EnabledNode
    let endpoints: [Endpoint]
    private let servers: [Server]

    private final class Server: Sendable {
        let socket: Socket

        init(on endpoint: Endpoint) throws { socket = try .datagrams(on: endpoint) }
    }

    init(_ family: AddressFamily) throws {
        let node = try EnabledNode(pods: 0)
        try node.enable()
        let endpoints = try [5301, 5302].map { port in
            try Endpoint(family == .v4 ? "192.0.2.1:\(port)" : "[2001:db8::1]:\(port)")
        }
        servers = try node.network.run { try endpoints.map { try Server(on: $0) } }
        (self.node, self.endpoints) = (node, endpoints)
        try serve(endpoints)
    }

    func identifier() throws -> UInt32 {
        let store = try Dataplane(at: node.location, .reading).services()
        let name = try ServiceName(Self.service)
        let id = store.identifier(of: name)
        return try #require(id)
    }

    /// Makes these the backends of the service.
    func serve(_ backends: [Endpoint]) throws {
        let frontend = backends[0].family == .v4 ? "10.96.0.53:53/udp" : "[fd00:96::53]:53/udp"
        var store = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5)))).services()
        let wanted = try Service(Self.service, [frontend], backends.map { "\($0)" })
        try store.apply(try store.difference(to: [wanted], pruning: false))
    }

    /// Starts a client that asks for ever over one connected socket, and connects anew when that fails.
    ///
    /// It prints `connected` for each socket and `served` for each answer.
    func startClient(_ host: String) throws -> ChildProcess {
        let script = """
            while exec 3<>/dev/udp/\(host)/53; do
              echo connected
              while printf ask >&3 && dd bs=64 count=1 status=none <&3 >/dev/null; do echo served; done 2>/dev/null
            done
            """
        var client = Command("/bin/bash", ["-c", script])
        client.cgroup = node.location.cgroup
        client.output = .pipe
        return try node.network.start(client)
    }

    /// Which server the next question arrives at; answered unless told otherwise.
    func nextQuestion(answering: Bool = true) throws -> Int {
        let deadline = Deadline(after: .seconds(10))
        let ready = try Poll.readable(servers.map { $0.socket.descriptor.rawValue }, until: deadline)
        let index = try #require(ready.firstIndex(of: true))
        let question = try #require(try servers[index].socket.receiveDatagram())
        #expect(question.bytes == Array("ask".utf8))
        if answering { #expect(try servers[index].socket.answer(question, with: Array("served".utf8))) }
        return index
    }
}

@Suite(.needsKernel) struct RemovedBackendClientTests {
    @Test(arguments: [(AddressFamily.v4, "10.96.0.53"), (.v4, "::ffff:10.96.0.53"), (.v6, "fd00:96::53")])
    func aConnectedUDPClientReachesALiveBackendOnceItsOwnIsRemoved(family: AddressFamily, host: String) throws {
        let resolvers = try Resolvers(family)
        let client = try resolvers.startClient(host)
        defer { client.kill() }
        func line() throws -> String? { try client.readLine(until: Deadline(after: .seconds(10))) }
        #expect(try line() == "connected")
        let first = try resolvers.nextQuestion()
        #expect(try line() == "served")
        // Connected, it stays there; the next question remains without answer.
        #expect(try resolvers.nextQuestion(answering: false) == first)
        try resolvers.serve([resolvers.endpoints[1 - first]])
        let removal = BackendRemoval(removed: [resolvers.endpoints[first]], from: try resolvers.identifier())
        let report = try removal.cleanUp(in: Dataplane(at: resolvers.node.location, .reading))
        #expect(report.sockets == [.udp: 1] && report.unsupported == [] && report.refusedSockets == 0)
        #expect(try line() == "connected")
        #expect(try resolvers.nextQuestion() == 1 - first)
        #expect(try line() == "served")
    }
}
