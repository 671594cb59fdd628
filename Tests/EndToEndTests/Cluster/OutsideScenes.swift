// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

/// How packets travel of a client outside, which come to the first node.
struct OutsidePath: CustomTestStringConvertible, Sendable {
    let served: ClusterLab.Served
    let family: ClusterLab.Family

    var testDescription: String { "\(family.rawValue), \(served.testDescription)" }

    static let all = ClusterLab.Served.both.flatMap { served in
        ClusterLab.Family.allCases.map { OutsidePath(served: served, family: $0) }
    }
}

/// What a client outside meets at node ports of the first node, whichever way replies return.
struct OutsideScenes {
    let lab: ClusterLab

    private func target(_ path: OutsidePath) throws -> String {
        try lab.nodePort(path.served.port, path.family)
    }

    /// By sockets of its own for each request, and by one that is not connected and sees where answers come from.
    func expectAnswers(_ path: OutsidePath) throws {
        let client = try lab.address(of: .client, path.family)
        for (transport, manner) in [("tcp", LabRequest.Manner.fresh), ("udp", .fresh), ("udp", .unconnected)] {
            let request = Traffic(transport, to: try target(path), times: 10, manner: manner)
            let tally = try lab.ask(request)
            #expect(tally.isAnswered(by: path.served.server, times: 10), "\(transport), \(manner): \(tally)")
            #expect(tally.sources == [client: 10], "\(transport), \(manner)")
        }
    }

    func replies(_ path: OutsidePath, to count: Int) throws -> ReplyCount {
        try ReplyCount.during(lab) {
            let tally = try lab.ask(Traffic("udp", to: target(path), times: count))
            #expect(tally.isAnswered(by: path.served.server, times: count), "\(tally)")
        }
    }

    /// The bytes arrive, and neither node has dropped a packet or refused one as too big.
    func expectALosslessMegabyte(_ path: OutsidePath) throws {
        try lab.forgetPathMTUs()
        let before = try ClusterLab.nodes.map(lab.losses)
        let address = try lab.address(of: .node1, path.family)
        let said = try lab.run(.transfer, address, "\(path.served.echoPort)", "1000000", on: .client)
        #expect(said == ["same"])
        #expect(try ClusterLab.nodes.map(lab.losses) == before)
    }

    /// IPv6 has no fragmenting on the way: the first datagram that does not fit the tunnel tells its sender so.
    func expectFragmentsToBeAnswered(_ path: OutsidePath) throws {
        try lab.forgetPathMTUs()
        let address = try lab.address(of: .node1, path.family)
        let tries = try lab.run(.datagrams, address, "\(path.served.echoPort)", "4000", "4000", on: .client)
        #expect(tries.count == 2)
        let isToldTheMTU = path.family == .v6 && path.served.server == .server2
        if !isToldTheMTU { #expect(tries == ["1", "1"]) }
    }

    func expectTheMTUOfTheTunnel(_ family: ClusterLab.Family) throws {
        try lab.forgetPathMTUs()
        let address = try lab.address(of: .node1, family)
        let (headers, mtu) = family == .v4 ? (28, 1450) : (48, 1430)
        let port = ClusterLab.Served.node2.echoPort
        let said = try lab.run(.unfragmented, address, "\(port)", "\(1500 - headers)", on: .client)
        #expect(said == ["EMSGSIZE", "\(mtu)", "EMSGSIZE", "answered \(mtu - headers)"])
    }

    func expectRefusalByAClosedPort(_ path: OutsidePath) throws {
        let target = try lab.nodePort(path.served.closedPort, path.family)
        for transport in ["tcp", "udp"] {
            let tally = try lab.ask(Traffic(transport, to: target, times: 3))
            #expect(tally.failures == ["ECONNREFUSED": 3] && tally.answered == 0, "\(transport): \(tally)")
        }
    }

    /// The router's error comes to the node that the client sent to, whichever way the reply went.
    func expectThePodToHearOfASmallerMTU(_ path: OutsidePath) throws {
        try lab.forgetPathMTUs()
        try lab.withRouterMTU(1400) {
            let address = try lab.address(of: .node1, path.family)
            let said = try lab.run(.transfer, address, "\(path.served.echoPort)", "100000", on: .client)
            #expect(said == ["same"])
        }
        let client = try lab.address(of: .client, path.family)
        let route = try lab.shell("ip route get \(client)", on: path.served.server)
        #expect(route.contains(" mtu 1400"), "\(route)")
        try lab.forgetPathMTUs()
    }

    func expectThePodToHearOfAnExceededHopLimit(_ path: OutsidePath) throws {
        try lab.define(
            "short-lived", ["--node-port", "30050/udp"], backends: lab.backends(path.served.server, port: 9000))
        let server = try lab.start(
            PythonProgram.shortLivedAnswer.command(path.family == .v4 ? "4" : "6", "9000"), on: path.served.server)
        #expect(try server.readLine(until: Deadline(after: Tool.patience)) == "ready")
        let tally = try lab.ask(
            Traffic("udp", to: lab.nodePort(30050, path.family), times: 1, timeout: 100))
        #expect(tally.failures == ["ETIMEDOUT": 1])
        let result = try server.collect(until: Deadline(after: Tool.patience))
        let kind = path.family == .v4 ? "11 0" : "3 0"
        #expect(result.outcome == Outcome(0, "client EHOSTUNREACH \(kind)\n"))
    }
}
