// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing
import Topology

@Suite struct TopologyErrorTests {
    @Test func everyUnknownUplinkIsAnErrorThatNamesWhatThereIs() throws {
        let selection = InterfaceSelection(
            try RecordedNodes.routedPods().snapshot, options: .init(uplinkNames: ["eth9", "eth0", "eth8"]))
        let existing = ["eth0", "cali1", "cali2"]
        #expect(
            selection.errors == [
                .unknownUplink("eth9", existing: existing), .unknownUplink("eth8", existing: existing),
            ])
        #expect(throws: TopologyError.unknownUplink("eth9", existing: existing)) { try selection.validate() }
        #expect(selection.errors[0].message == "unknown uplink 'eth9': no such interface")
        #expect(
            selection.errors[0].hint
                == "the interfaces here are eth0, cali1, cali2; see 'ebpfctl interface list'")
    }

    @Test func anUnknownUplinkOnAnEmptyNodeHintsAtTheListing() throws {
        let selection = InterfaceSelection(try SnapshotBuilder().snapshot, options: .init(uplinkNames: ["eth0"]))
        #expect(selection.errors == [.unknownUplink("eth0", existing: [])])
        #expect(selection.errors[0].hint == "list interfaces with 'ebpfctl interface list'")
    }

    @Test func aNodeWithoutDefaultRouteIsToldWhichInterfacesItCouldName() throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        node.link("eth1")
        node.link("eth2", isUp: false)
        node.link("eth3")
        node.link("docker0", kind: "bridge")
        node.veth("pod1")
        try node.address("10.0.0.5/24", on: "eth0")
        try node.address("fd00::5/64", on: "eth1")
        try node.address("10.0.2.5/24", on: "eth2")
        try node.address("fe80::3/64", on: "eth3", scope: .link)
        try node.address("172.17.0.1/16", on: "docker0")
        try node.address("10.1.0.1/32", on: "pod1")
        let selection = InterfaceSelection(node.snapshot)
        #expect(selection.errors == [.noUplink(candidates: ["eth0", "eth1"])])
        #expect(throws: TopologyError.noUplink(candidates: ["eth0", "eth1"])) { try selection.validate() }
        #expect(
            selection.errors[0].message
                == "no uplink found: no interface has a default route and none is named with --uplink")
        #expect(
            selection.errors[0].hint
                == "name the interface that leads to other nodes with 'ebpfctl enable --uplink eth0'; "
                + "candidates are eth0, eth1")
        #expect(selection.workloads.map(\.name) == ["pod1"])
    }

    @Test func withoutAnyCandidateTheHintLeavesTheNameOpen() throws {
        let selection = InterfaceSelection(try SnapshotBuilder().snapshot)
        #expect(selection.errors == [.noUplink(candidates: [])])
        #expect(
            selection.errors[0].hint
                == "name the interface that leads to other nodes with 'ebpfctl enable --uplink IF'")
    }

    @Test func aNodeWithUplinkAndWithoutPodsIsValid() throws {
        let selection = InterfaceSelection(try RecordedNodes.plain().snapshot)
        #expect(throws: Never.self) { try selection.validate() }
        #expect(selection.errors == [] && selection.warnings == [])
    }

    @Test func patternsThatSelectNothingAndForeignNodeAddressesAreWarnings() throws {
        let selection = InterfaceSelection(
            try RecordedNodes.routedPods().snapshot,
            options: .init(
                workloadPatterns: ["cali*", "lxc*", "eth?"],
                nodeAddresses: [try IPAddress("10.0.0.5"), try IPAddress("10.0.0.99")]))
        #expect(selection.errors == [])
        #expect(
            selection.warnings.map(\.message) == [
                "--workload 'lxc*' selects no interface",
                "--workload 'eth?' selects no interface",
                "no interface bears the node address '10.0.0.99'",
            ])
    }
}
