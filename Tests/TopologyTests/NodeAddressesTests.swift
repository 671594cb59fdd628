// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing
import Topology

@Suite struct NodeAddressesTests {
    @Test func onlyUsableGlobalAddressesOfUplinksCount() throws {
        var node = try RecordedNodes.bridgedPods()
        try node.address("169.254.3.4/16", on: "eth0", scope: .link)
        #expect(node.snapshot.addressLines == ["10.0.0.5"])
    }

    @Test func bothFamiliesAreFoundAndSingleAddressesComeLast() throws {
        #expect(try RecordedNodes.dualStack().snapshot.addressLines == ["10.0.0.5", "2001:db8::5", "2001:db8::aaaa"])
    }

    @Test func theSourceOfTheDefaultRouteComesFirstEvenFromTheLoopbackDevice() throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        try node.address("10.0.0.2/24", on: "eth0")
        try node.address("10.99.0.1/32", on: "lo")
        try node.route("default", via: "10.0.0.1", on: "eth0", source: "10.99.0.1")
        #expect(node.snapshot.addressLines == ["10.99.0.1", "10.0.0.2"])
    }

    @Test func withoutASourceThePrimaryAddressOfTheGatewaysSubnetComesFirst() throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        for address in ["10.0.0.2/24", "10.0.0.9/24", "10.0.0.3/32", "9.0.0.1/24"] {
            try node.address(address, on: "eth0")
        }
        try node.route("default", via: "10.0.0.1", on: "eth0")
        try node.route("10.0.0.0/24", on: "eth0", source: "10.0.0.9")
        #expect(node.snapshot.addressLines == ["10.0.0.9", "10.0.0.2", "9.0.0.1", "10.0.0.3"])
    }

    @Test func thePreferredDefaultRouteDecidesBetweenUplinks() throws {
        var node = try SnapshotBuilder()
        node.link("eth0")
        node.link("wlan0")
        try node.address("10.0.0.5/24", on: "eth0")
        try node.address("10.1.0.5/24", on: "wlan0")
        try node.route("default", via: "10.0.0.1", on: "eth0", source: "10.0.0.5", metric: 600)
        try node.route("default", via: "10.1.0.1", on: "wlan0", source: "10.1.0.5", metric: 100)
        #expect(node.snapshot.addressLines == ["10.1.0.5", "10.0.0.5"])
    }

    @Test func explicitAddressesReplaceThoseOfTheirFamilyOnly() throws {
        let snapshot = try RecordedNodes.dualStack().snapshot
        let wanted = try ["192.0.2.9", "10.0.0.5", "192.0.2.9"].map { try IPAddress($0) }
        let found = snapshot.nodeAddresses(for: InterfaceSelection(snapshot, options: .init(nodeAddresses: wanted)))
        #expect(found[.v4].map(\.description) == ["192.0.2.9", "10.0.0.5"])
        #expect(found[.v6].map(\.description) == ["2001:db8::5", "2001:db8::aaaa"])
    }

    @Test func aDefaultRouteOverADeviceThatIsNoUplinkGivesNoAddress() throws {
        var node = try RecordedNodes.plain()
        node.link("eth1")
        try node.address("10.9.0.5/24", on: "eth1")
        let snapshot = node.snapshot
        let found = snapshot.nodeAddresses(for: InterfaceSelection(snapshot, options: .init(uplinkNames: ["eth1"])))
        #expect(found.all.map(\.description) == ["10.9.0.5"])
    }
}
