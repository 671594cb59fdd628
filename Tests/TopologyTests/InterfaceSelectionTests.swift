// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing
import Topology

@Suite struct InterfaceSelectionTests {
    private func lines(
        _ node: SnapshotBuilder, _ options: InterfaceSelection.Options = InterfaceSelection.Options()
    ) -> [String] {
        InterfaceSelection(node.snapshot, options: options).lines
    }

    @Test func aPlainNodeHasItsDefaultRouteDeviceAsUplink() throws {
        #expect(
            lines(try RecordedNodes.plain()) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
            ])
    }

    @Test func vethsIntoOtherNamespacesAreWorkloads() throws {
        #expect(
            lines(try RecordedNodes.routedPods()) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
                "cali1 workload: veth whose other end is in another namespace",
                "cali2 workload: veth whose other end is in another namespace",
            ])
    }

    @Test func portsOfAPodBridgeAreWorkloadsUpOrDownAndTheBridgeIsNot() throws {
        #expect(
            lines(try RecordedNodes.bridgedPods()) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
                "cni0 ignored: bridge: programs sit on its workload ports",
                "veth1 workload: veth whose other end is in another namespace, port of bridge cni0",
                "veth2 workload: veth whose other end is in another namespace, port of bridge cni0",
            ])
    }

    @Test func theDeviceThatBearsTheAddressIsTheUplinkNotWhatLiesBeneath() throws {
        #expect(
            lines(try RecordedNodes.vlanOnBond()) == [
                "lo ignored: loopback",
                "bond0 ignored: beneath bond0.100: programs sit on that device",
                "ens1 ignored: member of bond0: programs sit on the bond",
                "ens2 ignored: member of bond0: programs sit on the bond",
                "bond0.100 uplink: has the default route",
            ])
    }

    @Test func aBondWithTheAddressIsTheUplink() throws {
        var node = try SnapshotBuilder()
        node.link("bond0", kind: "bond")
        node.link("ens1", master: "bond0")
        try node.address("10.0.0.5/24", on: "bond0")
        try node.route("default", via: "10.0.0.1", on: "bond0")
        #expect(
            lines(node) == [
                "lo ignored: loopback",
                "bond0 uplink: has the default route",
                "ens1 ignored: member of bond0: programs sit on the bond",
            ])
    }

    @Test func aBridgeWithTheDefaultRouteIsTheUplinkAndItsCardIsNot() throws {
        var node = try SnapshotBuilder()
        node.link("br0", kind: "bridge")
        node.link("ens1", master: "br0")
        node.veth("vnet1", master: "br0")
        try node.route("default", via: "10.0.0.1", on: "br0")
        #expect(
            lines(node) == [
                "lo ignored: loopback",
                "br0 uplink: has the default route",
                "ens1 ignored: port of bridge br0",
                "vnet1 workload: veth whose other end is in another namespace, port of bridge br0",
            ])
    }

    @Test func anIdleDockerBridgeADownCardAndALocalVethPairAreIgnored() throws {
        var node = try RecordedNodes.plain()
        node.link("docker0", kind: "bridge")
        node.link("eth1", isUp: false)
        node.link("eth2")
        node.link("va", kind: "veth", peer: .here("eth2"))
        node.link("vb", kind: "veth", peer: .here("va"))
        #expect(
            lines(node).suffix(5) == [
                "docker0 ignored: bridge: programs sit on its workload ports",
                "eth1 ignored: down",
                "eth2 ignored: has no default route, no node address and no workload",
                "va ignored: veth whose other end eth2 is in this namespace too",
                "vb ignored: veth whose other end va is in this namespace too",
            ])
    }

    @Test func everyDeviceOfADefaultRouteOfEitherFamilyIsAnUplink() throws {
        var node = try SnapshotBuilder()
        for name in ["eth0", "eth1", "eth2", "eth3", "eth4"] { node.link(name) }
        try node.route("default", via: "10.0.0.1", on: "eth0", metric: 100)
        try node.route("default", via: "10.0.1.1", on: "eth1", metric: 200)
        try node.alsoVia("10.0.2.1", on: "eth2")
        try node.route("default6", via: "fe80::1", on: "eth3")
        try node.route("default", via: "10.0.4.1", on: "eth4", table: 100)
        #expect(InterfaceSelection(node.snapshot).uplinks.map(\.name) == ["eth0", "eth1", "eth2", "eth3"])
    }

    @Test func anUnreachableDefaultMakesNoUplink() throws {
        var node = try SnapshotBuilder()
        try node.route("default6", on: "lo", metric: .max, kind: .unreachable)
        #expect(InterfaceSelection(node.snapshot).uplinks.isEmpty)
    }

    @Test func aVethWithTheDefaultRouteIsAnUplinkNotAWorkload() throws {
        #expect(
            lines(try RecordedNodes.labNode()) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
                "pod1 workload: veth whose other end is in another namespace",
            ])
    }

    @Test func theBearerOfANodeAddressIsAnUplinkUnlessNoPacketPassesThere() throws {
        var node = try RecordedNodes.plain()
        node.link("eth1")
        node.link("dummy0", kind: "dummy")
        try node.address("10.9.0.5/24", on: "eth1")
        try node.address("10.9.9.9/32", on: "dummy0")
        try node.address("10.9.9.8/32", on: "lo")
        let wanted = try ["10.9.0.5", "10.9.9.9", "10.9.9.8"].map { try IPAddress($0) }
        #expect(
            lines(node, .init(nodeAddresses: wanted)) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
                "eth1 uplink: carries the node address 10.9.0.5",
                "dummy0 ignored: has no default route, no node address and no workload",
            ])
    }

    @Test func namedUplinksReplaceTheDefaultOnes() throws {
        var node = try RecordedNodes.plain()
        node.link("eth1")
        #expect(
            lines(node, .init(uplinkNames: ["eth1"])) == [
                "lo ignored: loopback",
                "eth0 ignored: has the default route, but --uplink names others",
                "eth1 uplink: named with --uplink",
            ])
    }

    @Test func anUplinkNameWinsOverEveryOtherRule() throws {
        let options = InterfaceSelection.Options(uplinkNames: ["ens1", "lo"], workloadPatterns: ["ens1"])
        #expect(
            lines(try RecordedNodes.vlanOnBond(), options) == [
                "lo uplink: named with --uplink",
                "bond0 ignored: has no default route, no node address and no workload",
                "ens1 uplink: named with --uplink",
                "ens2 ignored: member of bond0: programs sit on the bond",
                "bond0.100 ignored: has the default route, but --uplink names others",
            ])
    }

    @Test func patternsReplaceTheDefaultWorkloads() throws {
        var node = try RecordedNodes.plain()
        node.veth("h1")
        node.veth("h2")
        node.veth("other")
        node.link("htap", kind: "tun")
        #expect(
            lines(node, .init(uplinkNames: ["eth0"], workloadPatterns: ["h*"])) == [
                "lo ignored: loopback",
                "eth0 uplink: named with --uplink",
                "h1 workload: matches --workload 'h*'",
                "h2 workload: matches --workload 'h*'",
                "other ignored: veth whose other end is in another namespace, but no --workload matches it",
                "htap workload: matches --workload 'h*'",
            ])
    }

    @Test func aStarLeavesUplinksAndStackedDevicesAlone() throws {
        var node = try RecordedNodes.vlanOnBond()
        node.link("cni0", kind: "bridge")
        node.veth("veth1", master: "cni0")
        #expect(
            InterfaceSelection(node.snapshot, options: .init(workloadPatterns: ["*"])).workloads.map(\.name) == [
                "veth1"
            ])
    }

    @Test func aNameInWorkloadWinsOverTheDefaultRouteAndOverStacking() throws {
        var node = try RecordedNodes.bridgedPods()
        node.link("eth1")
        try node.route("default", via: "10.9.0.1", on: "eth1")
        #expect(
            lines(node, .init(workloadPatterns: ["eth1", "cni0"])) == [
                "lo ignored: loopback",
                "eth0 uplink: has the default route",
                "cni0 workload: matches --workload 'cni0'",
                "veth1 ignored: veth whose other end is in another namespace, but no --workload matches it",
                "veth2 ignored: veth whose other end is in another namespace, but no --workload matches it",
                "eth1 workload: matches --workload 'eth1'",
            ])
    }
}
