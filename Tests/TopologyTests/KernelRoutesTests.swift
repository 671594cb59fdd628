// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing
import Topology

/// Which prefixes of other nodes are reached through the host stack.
@Suite struct KernelRoutesTests {
    private static let pods = "10.244.2.0/24"

    /// A node with a second card that is no uplink, and another product's tunnel.
    private func node() throws -> SnapshotBuilder {
        var node = try RecordedNodes.plain()
        node.link("eth1")
        node.link("tun0", kind: "ipip")
        return node
    }

    private func goesThroughStack(_ node: SnapshotBuilder, _ prefix: String = pods) throws -> Bool {
        let snapshot = node.snapshot
        let kernel = KernelRoutes(snapshot, InterfaceSelection(snapshot), families: [.v4, .v6])
        return kernel.goThroughStack(to: try Prefix(prefix))
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Destination, gateway, device and table.
        let routes: [(String, String?, String?, UInt32)]
        var kinds: KernelRoute.Kind = .unicast
        var rules: [UInt32] = []
        let expected: Bool
    }

    private static let main = KernelRoute.Table.main

    static let cases = [
        Case(testDescription: "the default route alone", routes: [], expected: false),
        Case(
            testDescription: "by way of the node", routes: [(pods, "10.0.0.6", "eth0", main)], expected: false),
        Case(testDescription: "by the tunnel", routes: [(pods, nil, "tun0", main)], expected: true),
        Case(
            testDescription: "a wider one by the tunnel", routes: [("10.244.0.0/16", nil, "tun0", main)],
            expected: true),
        Case(
            testDescription: "a wider one by the tunnel that is not asked",
            routes: [("10.244.0.0/16", nil, "tun0", main), (pods, "10.0.0.6", "eth0", main)], expected: false),
        Case(
            testDescription: "a part by the tunnel", routes: [("10.244.2.64/26", nil, "tun0", main)], expected: true),
        Case(
            testDescription: "the last address by the tunnel",
            routes: [(pods, "10.0.0.6", "eth0", main), ("10.244.2.255/32", nil, "tun0", main)], expected: true),
        Case(
            testDescription: "neighbours by the tunnel",
            routes: [("10.244.1.0/24", nil, "tun0", main), ("10.244.3.0/24", nil, "tun0", main)], expected: false),
        Case(
            testDescription: "a part that the kernel drops", routes: [("10.244.2.64/26", nil, nil, main)],
            kinds: .blackhole, expected: true),
        Case(
            testDescription: "the node's own block beside it", routes: [("10.244.0.0/26", nil, nil, main)],
            kinds: .blackhole, expected: false),
        Case(
            testDescription: "a table that no rule leads to", routes: [(pods, nil, "tun0", 77)], rules: [main],
            expected: false),
        Case(
            testDescription: "a table of policy routing", routes: [(pods, nil, "tun0", 77)], rules: [77, main],
            expected: true),
        Case(
            testDescription: "a part in a table of policy routing", routes: [("10.244.2.64/26", nil, "tun0", 77)],
            rules: [77], expected: true),
        Case(
            testDescription: "the other card's default route", routes: [("0.0.0.0/0", "10.9.0.1", "eth1", 2)],
            rules: [2, main], expected: true),
        Case(
            testDescription: "the same uplink in another table", routes: [(pods, "10.0.0.6", "eth0", 2)],
            rules: [2, main], expected: false),
        Case(
            testDescription: "another table that passes on", routes: [(pods, nil, nil, 2)], kinds: .throw,
            rules: [2, main], expected: false),
        Case(
            testDescription: "addresses of this node", routes: [("10.244.2.1/32", nil, "tun0", 255)],
            kinds: .local, rules: [255, main], expected: false),
    ]

    @Test(arguments: cases)
    func aPrefixGoesThroughTheStackUnlessAllOfItLeavesByUplinks(_ example: Case) throws {
        var node = try node()
        for rule in example.rules { node.rule(table: rule) }
        for (destination, gateway, device, table) in example.routes {
            try node.route(destination, via: gateway, on: device, kind: example.kinds, table: table)
        }
        #expect(try goesThroughStack(node) == example.expected)
    }

    @Test func aThrowHidesTheWiderRoutesOfItsTable() throws {
        var node = try node()
        node.rule(table: 77)
        try node.route("10.244.0.0/16", on: "tun0", table: 77)
        try node.route(Self.pods, kind: .throw, table: 77)
        #expect(try !goesThroughStack(node))
        #expect(try goesThroughStack(node, "10.244.3.0/24"))
    }

    @Test func oneOfSeveralNextHopsByAnotherDeviceIsEnough() throws {
        var node = try node()
        try node.route(Self.pods, via: "10.0.0.6", on: "eth0")
        #expect(try !goesThroughStack(node))
        try node.alsoVia("10.9.0.6", on: "eth1")
        #expect(try goesThroughStack(node))
    }

    @Test func theFamiliesHaveRulesOfTheirOwn() throws {
        var node = try RecordedNodes.dualStack()
        node.link("tun0", kind: "ipip")
        node.rule(.v6, table: 77)
        for prefix in [Self.pods, "fd00:244:1::/64"] { try node.route(prefix, on: "tun0", table: 77) }
        #expect(try !goesThroughStack(node))
        #expect(try goesThroughStack(node, "fd00:244:1::/64"))
    }

    @Test func withoutAnyWayTheHostStackSaysSo() throws {
        #expect(try goesThroughStack(try RecordedNodes.plain(), "fd00:244:1::/64"))
    }
}
