// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing
import Topology

@Suite struct DesiredRoutesTests {
    @Test func aPlainNodeHasItsAddressAndItsSubnet() throws {
        #expect(
            try RecordedNodes.plain().snapshot.routeLines == [
                "10.0.0.0/24 host via 0.0.0.0",
                "10.0.0.5/32 host local eth0",
            ])
    }

    @Test func routedPodsArePeersAndOtherNodesPodsAreBehindTheirNode() throws {
        #expect(
            try RecordedNodes.routedPods().snapshot.routeLines == [
                "10.0.0.0/24 host via 0.0.0.0",
                "10.0.0.5/32 host local eth0",
                "10.244.0.2/32 workload local cali1 peer",
                "10.244.0.3/32 workload local cali2 peer",
                "10.244.1.0/26 workload via 10.0.0.6",
            ])
    }

    @Test func bridgedPodsAreBehindTheirBridgeAndNotPeers() throws {
        #expect(
            try RecordedNodes.bridgedPods().snapshot.routeLines == [
                "10.0.0.0/24 host via 0.0.0.0",
                "10.0.0.5/32 host local eth0",
                "10.244.0.0/24 workload local cni0",
                "10.244.0.1/32 host local cni0",
            ])
    }

    @Test func bothFamiliesAreCovered() throws {
        #expect(
            try RecordedNodes.dualStack().snapshot.routeLines == [
                "10.0.0.0/24 host via 0.0.0.0",
                "10.0.0.5/32 host local eth0",
                "2001:db8::/64 host via ::",
                "2001:db8::5/128 host local eth0",
                "2001:db8::aaaa/128 host local eth0",
                "fd00:244::2/128 workload local lxc1 peer",
                "fd00:244:1::/64 workload via 2001:db8::6",
            ])
    }

    @Test func anIPv6OnlyNodeIsServedWithoutAnyIPv4() throws {
        let snapshot = try RecordedNodes.ipv6Only().snapshot
        #expect(
            snapshot.routeLines == [
                "fd00::/64 host via ::",
                "fd00::5/128 host local eth0",
                "fd00:244::2/128 workload local pod1 peer",
            ])
        #expect(snapshot.addressLines == ["fd00::5"])
        #expect(InterfaceSelection(snapshot).uplinks.map(\.name) == ["eth0"])
    }

    @Test func aLabNodeHasItsPodsItsNeighboursAndItself() throws {
        #expect(
            try RecordedNodes.labNode().snapshot.routeLines == [
                "10.1.0.1/32 host local pod1",
                "10.1.0.2/32 workload local pod1 peer",
                "10.2.0.0/24 workload via 192.168.50.2",
                "192.168.50.0/24 host via 0.0.0.0",
                "192.168.50.1/32 host local eth0",
            ])
    }

    @Test func aSubnetOnAPodsVethIsAPeerAndItsGatewayIsTheHost() throws {
        var node = try RecordedNodes.plain()
        node.veth("h1")
        try node.address("10.1.1.1/24", on: "h1")
        try node.route("10.1.1.0/24", on: "h1", source: "10.1.1.1")
        try node.route("10.5.0.0/16", via: "10.1.1.2", on: "h1")
        #expect(
            node.snapshot.routeLines.suffix(3) == [
                "10.1.1.0/24 workload local h1 peer",
                "10.1.1.1/32 host local h1",
                "10.5.0.0/16 workload local h1 peer",
            ])
    }

    @Test func whatIsNeitherUplinkNorWorkloadIsLeftOut() throws {
        var node = try RecordedNodes.plain()
        node.link("docker0", kind: "bridge")
        node.link("kube-ipvs0", kind: "dummy", isUp: false)
        try node.address("172.17.0.1/16", on: "docker0")
        try node.address("10.96.0.10/32", on: "kube-ipvs0")
        try node.route("172.17.0.0/16", on: "docker0", source: "172.17.0.1")
        try node.route("10.50.0.0/16", via: "10.0.0.1", on: "eth0")
        try node.route("10.51.0.0/16", via: "10.0.0.5", on: "eth0")
        try node.route("10.52.0.0/16", via: "10.0.0.6", on: "eth0", table: 100)
        try node.route("10.53.0.0/16", kind: .prohibit)
        try node.route("0.0.0.0/1", via: "10.0.0.7", on: "eth0")
        try node.route("2000::/3", via: "fd00::7", on: "eth0")
        try node.route("169.254.169.254/32", via: "10.0.0.2", on: "eth0")
        try node.route("224.0.0.0/4", on: "eth0")
        #expect(
            node.snapshot.routeLines == [
                "10.0.0.0/24 host via 0.0.0.0",
                "10.0.0.5/32 host local eth0",
                "172.17.0.1/32 host local docker0",
            ])
    }

    @Test(arguments: [
        (UInt32(50), ["10.244.0.0/24 workload via 10.0.0.6"]),
        (UInt32(150), ["10.244.0.0/24 workload local pod1 peer"]),
    ])
    func theLowestMetricWins(metric: UInt32, expected: [String]) throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        node.veth("pod1")
        try node.route("0.0.0.0/0", via: "10.0.0.1", on: "eth0")
        try node.route("10.244.0.0/24", on: "pod1", metric: 100)
        try node.route("10.244.0.0/24", via: "10.0.0.6", on: "eth0", metric: metric)
        #expect(node.snapshot.routeLines == expected)
    }

    @Test func podsBehindATunnelDeviceStayWithTheHostStack() throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        node.link("flannel.1", kind: "vxlan")
        try node.route("0.0.0.0/0", via: "10.0.0.1", on: "eth0")
        try node.route("10.244.1.0/24", via: "10.244.1.0", on: "flannel.1")
        #expect(node.snapshot.routeLines == [])
    }

    @Test func aBlackholeOfLowerMetricSilencesAPodRoute() throws {
        var node = try SnapshotBuilder()
        node.veth("pod1")
        try node.route("10.244.0.2/32", on: "pod1", metric: 100)
        try node.route("10.244.0.2/32", metric: 1, kind: .blackhole)
        #expect(node.snapshot.routeLines == [])
    }

    @Test func aPodsSubnetWithAHoleInItIsNoPeer() throws {
        var node = try RecordedNodes.plain()
        node.veth("h1")
        try node.route("10.1.0.0/16", on: "h1")
        try node.route("10.1.5.0/24", kind: .blackhole)
        #expect(node.snapshot.routeLines.last == "10.1.0.0/16 workload local h1")
    }

    @Test func severalNextHopsMakeNoPeerAndTheFirstMeaningfulOneCounts() throws {
        var node = try RecordedNodes.plain()
        node.veth("h1")
        node.veth("h2")
        try node.route("10.1.0.0/16", via: "10.1.0.1", on: "h1")
        try node.alsoVia("10.1.0.2", on: "h2")
        try node.route("10.2.0.0/16", via: "10.0.0.1", on: "eth0")
        try node.alsoVia("10.0.0.6", on: "eth0")
        #expect(
            node.snapshot.routeLines.suffix(2) == [
                "10.1.0.0/16 workload local h1",
                "10.2.0.0/16 workload via 10.0.0.6",
            ])
    }

    @Test func aGatewayOfTheOtherFamilyIsNoNodeOfThisOne() throws {
        var node = try RecordedNodes.plain()
        try node.route("10.244.1.0/24", via: "fd00::6", on: "eth0")
        #expect(node.snapshot.routeLines.last == "10.244.1.0/24 workload via 0.0.0.0")
    }

    /// As BIRD and FRR write them: every node of a link has an address like it.
    @Test func aGatewayOnTheLinkIsNoNodesAddress() throws {
        var node = try RecordedNodes.dualStack()
        try node.route("fd00:244:2::/64", via: "fe80::2", on: "eth0", metric: 1024)
        try node.route("fd00:50::/64", via: "fe80::1", on: "eth0", metric: 1024)
        #expect(
            node.snapshot.routeLines.suffix(2) == [
                "fd00:244:1::/64 workload via 2001:db8::6", "fd00:244:2::/64 workload via ::",
            ])
    }

    @Test func anAddressOnTwoInterfacesIsListedOnce() throws {
        var node = try RecordedNodes.plain()
        node.veth("cali1")
        try node.address("10.0.0.5/32", on: "cali1")
        #expect(node.snapshot.routeLines == ["10.0.0.0/24 host via 0.0.0.0", "10.0.0.5/32 host local eth0"])
    }

    @Test func theSubnetOfAnUplinkBridgeIsOnTheLinkThoughPodsArePortsToo() throws {
        var node = try SnapshotBuilder()
        node.link("br0", kind: "bridge")
        node.veth("vnet1", master: "br0")
        try node.route("default", via: "10.0.0.1", on: "br0")
        try node.route("10.0.0.0/24", on: "br0", source: "10.0.0.5")
        #expect(node.snapshot.routeLines == ["10.0.0.0/24 host via 0.0.0.0"])
    }

    @Test func aWorkloadNamedByPatternThatIsNoVethIsNoPeer() throws {
        var node = try RecordedNodes.plain()
        node.link("tap1", kind: "tun")
        try node.route("10.1.0.2/32", on: "tap1")
        let selection = InterfaceSelection(node.snapshot, options: .init(workloadPatterns: ["tap*"]))
        #expect(node.snapshot.desiredRoutes(for: selection).last?.description == "10.1.0.2/32 workload local tap1")
    }

    // MARK: the cluster's nodes

    @Test func whatIsBehindAGatewayThatIsNoNodeMeansNothingOnceTheNodesAreKnown() throws {
        var node = try RecordedNodes.dualStack()
        try node.route("10.244.1.0/26", via: "10.0.0.6", on: "eth0")
        try node.route("172.16.0.0/12", via: "10.0.0.253", on: "eth0")
        try node.route("10.244.7.0/24", via: "2001:db8::6", on: "eth0")
        try node.route("10.244.8.0/24", via: "2001:db8::fd", on: "eth0")
        let around = [
            "10.0.0.0/24 host via 0.0.0.0", "10.0.0.5/32 host local eth0", "10.244.1.0/26 workload via 10.0.0.6",
            "10.244.7.0/24 workload via 0.0.0.0",
        ]
        let ofIPv6 = [
            "2001:db8::/64 host via ::", "2001:db8::5/128 host local eth0", "2001:db8::aaaa/128 host local eth0",
            "fd00:244::2/128 workload local lxc1 peer", "fd00:244:1::/64 workload via 2001:db8::6",
        ]
        let believed = ["10.244.8.0/24 workload via 0.0.0.0", "172.16.0.0/12 workload via 10.0.0.253"]
        #expect(node.snapshot.routeLines == around + believed + ofIPv6)
        let known = try node.snapshot.routeLines(of: [.v4, .v6], among: ["10.0.0.6", "2001:db8::6"])
        #expect(known == around + ofIPv6)
        // The objects say nothing of the other family.
        #expect(try node.snapshot.routeLines(of: [.v6], among: []) == around + believed + ofIPv6.dropLast())
    }

    @Test func ofSeveralNextHopsTheOneThatIsANodeCounts() throws {
        var node = try RecordedNodes.plain()
        try node.route("10.2.0.0/16", via: "10.0.0.253", on: "eth0")
        try node.alsoVia("10.0.0.6", on: "eth0")
        #expect(
            try node.snapshot.routeLines(of: [.v4], among: ["10.0.0.6"]).last == "10.2.0.0/16 workload via 10.0.0.6")
    }

    @Test func aPodsSubnetAroundWhatIsBehindNoNodeIsNoPeer() throws {
        var node = try RecordedNodes.plain()
        node.veth("h1")
        try node.route("10.1.0.0/16", on: "h1")
        try node.route("10.1.5.0/24", via: "10.0.0.253", on: "eth0")
        #expect(try node.snapshot.routeLines(of: [.v4], among: []).last == "10.1.0.0/16 workload local h1")
    }
}
