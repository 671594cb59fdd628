// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Topology

/// Nodes as they are found in the field, each reduced to what decides.
enum RecordedNodes {
    /// One network card with an IPv4 address from DHCP.
    static func plain() throws -> SnapshotBuilder {
        var node = try SnapshotBuilder()
        node.link("eth0")
        try node.address("10.0.0.5/24", on: "eth0")
        try node.address("fe80::5/64", on: "eth0", scope: .link)
        try node.route("default", via: "10.0.0.1", on: "eth0", source: "10.0.0.5", metric: 100)
        try node.route("10.0.0.0/24", on: "eth0", source: "10.0.0.5", metric: 100)
        try node.route("fe80::/64", on: "eth0", metric: 256)
        return node
    }

    /// kubeadm with a routed CNI: a /32 for each pod, other nodes' pods behind their addresses.
    static func routedPods() throws -> SnapshotBuilder {
        var node = try plain()
        node.veth("cali1")
        node.veth("cali2")
        try node.address("fe80::ecee:eeff:feee:eeee/64", on: "cali1", scope: .link)
        try node.route("10.244.0.2/32", on: "cali1")
        try node.route("10.244.0.3/32", on: "cali2")
        try node.route("10.244.0.0/26", kind: .blackhole)
        try node.route("10.244.1.0/26", via: "10.0.0.6", on: "eth0")
        return node
    }

    /// The bridge CNI: pods are ports of cni0, which has their gateway's address.
    static func bridgedPods() throws -> SnapshotBuilder {
        var node = try plain()
        node.link("cni0", kind: "bridge")
        node.veth("veth1", master: "cni0")
        node.veth("veth2", master: "cni0", isUp: false)
        try node.address("10.244.0.1/24", on: "cni0")
        try node.route("10.244.0.0/24", on: "cni0", source: "10.244.0.1")
        return node
    }

    /// The address is on a VLAN device on a bond of two cards.
    static func vlanOnBond() throws -> SnapshotBuilder {
        var node = try SnapshotBuilder()
        node.link("bond0", kind: "bond")
        node.link("ens1", master: "bond0")
        node.link("ens2", master: "bond0", isUp: false)
        node.link("bond0.100", kind: "vlan", peer: .here("bond0"))
        try node.address("10.0.100.5/24", on: "bond0.100")
        try node.route("default", via: "10.0.100.1", on: "bond0.100")
        try node.route("10.0.100.0/24", on: "bond0.100", source: "10.0.100.5")
        return node
    }

    /// IPv4 and IPv6, the IPv6 default from a router advertisement, one address still tentative.
    static func dualStack() throws -> SnapshotBuilder {
        var node = try plain()
        try node.address("2001:db8::5/64", on: "eth0")
        try node.address("2001:db8::aaaa/128", on: "eth0")
        try node.address("2001:db8::bad/64", on: "eth0", isUsable: false)
        node.veth("lxc1")
        try node.route("default6", via: "fe80::1", on: "eth0", metric: 1024)
        try node.route("2001:db8::/64", on: "eth0", metric: 256)
        try node.route("fd00:244::2/128", on: "lxc1", metric: 1024)
        try node.route("fd00:244:1::/64", via: "2001:db8::6", on: "eth0", metric: 1024)
        try node.route("ff00::/8", on: "eth0", metric: 256, kind: .multicast, table: 255)
        try node.route("default6", on: "lo", metric: .max, kind: .unreachable)
        return node
    }

    /// No IPv4 at all but on the loopback device.
    static func ipv6Only() throws -> SnapshotBuilder {
        var node = try SnapshotBuilder()
        node.link("eth0")
        node.veth("pod1")
        try node.address("fd00::5/64", on: "eth0")
        try node.address("fe80::5/64", on: "eth0", scope: .link)
        try node.route("default6", via: "fd00::1", on: "eth0", metric: 1024)
        try node.route("fd00::/64", on: "eth0", metric: 256)
        try node.route("fe80::/64", on: "pod1", metric: 256)
        try node.route("fd00:244::2/128", on: "pod1", metric: 1024)
        return node
    }

    /// A node that is itself a namespace: its uplink is a veth, too.
    static func labNode() throws -> SnapshotBuilder {
        var node = try SnapshotBuilder()
        node.veth("eth0")
        node.veth("pod1")
        try node.address("192.168.50.1/24", on: "eth0")
        try node.address("10.1.0.1/32", on: "pod1")
        try node.route("default", via: "192.168.50.254", on: "eth0")
        try node.route("192.168.50.0/24", on: "eth0", source: "192.168.50.1")
        try node.route("10.1.0.2/32", on: "pod1")
        try node.route("10.2.0.0/24", via: "192.168.50.2", on: "eth0")
        return node
    }
}
