// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// Makes the machines of one lab, in order: the router first, since everybody's cable ends there.
struct LabBuilder {
    /// The bridge in the router's namespace that the nodes' uplinks are plugged into.
    private static let bridge = "underlay"

    let name: String
    let plan: LabPlan
    let families: [AddressFamily]
    private let remains: LabRemains
    private let cgroup: String

    init(name: String, plan: LabPlan) throws(SystemError) {
        self.name = name
        self.plan = plan
        families = Filesystem.exists("/proc/net/if_inet6") ? [.v4, .v6] : [.v4]
        remains = LabRemains(of: name)
        guard let cgroup = remains.cgroup(in: try MountTable.current()) else {
            throw SystemError(.inspectPath, "cgroup2", .noEntry)
        }
        self.cgroup = cgroup
    }

    /// The bridge between the nodes, and a router between it and the client.
    func makeRouter() throws(SystemError) -> LabHost {
        let router = try LabHost(
            name: "router", lab: name, cgroup: nil, addresses: families.map { LabPlan.nodeGateway($0).address })
        try prepare(router, forwarding: true)
        let netlink = try NetlinkSocket(in: router.namespace)
        try netlink.addLink(kind: "bridge", LinkSettings(name: Self.bridge, isUp: true, mtu: plan.mtu))
        let bridge = try netlink.index(of: Self.bridge)
        for family in families { try netlink.addAddress(LabPlan.nodeGateway(family), to: bridge) }
        return router
    }

    /// A machine outside the cluster, reached through the router.
    func makeClient(behind router: LabHost) throws(SystemError) -> LabHost {
        let client = try LabHost(
            name: "client", lab: name, cgroup: try Cgroup.make("\(cgroup)/client"),
            addresses: families.map { LabPlan.client($0).address })
        try prepare(client, forwarding: false)
        let outer = try NetlinkSocket(in: router.namespace)
        try outer.addVethPair(
            LinkSettings(name: "client", isUp: true, mtu: plan.mtu), LinkSettings(name: LabNode.uplink, mtu: plan.mtu),
            farIn: client.namespace)
        let port = try outer.index(of: "client")
        for family in families { try outer.addAddress(LabPlan.clientGateway(family), to: port) }
        let inner = try NetlinkSocket(in: client.namespace)
        let uplink = try inner.bringUp(LabNode.uplink)
        for family in families {
            try inner.addAddress(LabPlan.client(family), to: uplink)
            try inner.addDefaultRoute(via: LabPlan.clientGateway(family).address, on: uplink)
        }
        return client
    }

    /// A node with its uplink in the bridge, its pods, and routes to the pods of all other nodes.
    func makeNode(_ number: Int, behind router: LabHost) throws(SystemError) -> LabNode {
        let cgroup = try Cgroup.make("\(self.cgroup)/n\(number)")
        let host = try LabHost(
            name: "n\(number)", lab: name, cgroup: try Cgroup.make("\(cgroup.path)/host"),
            addresses: families.map { LabPlan.node(number, $0).address })
        try prepare(host, forwarding: true)
        let fabric = try NetlinkSocket(in: router.namespace)
        try fabric.addVethPair(
            LinkSettings(
                name: host.name, isUp: true, mtu: plan.mtu, masterIndex: try fabric.index(of: Self.bridge)),
            LinkSettings(name: LabNode.uplink, mtu: plan.mtu), farIn: host.namespace)
        let netlink = try NetlinkSocket(in: host.namespace)
        let uplink = try netlink.bringUp(LabNode.uplink)
        for family in families { try connect(number, uplink, family, netlink) }
        var pods: [LabHost] = []
        var interfaces: [String] = []
        for pod in 1..<(plan.podsPerNode + 1) {
            let interface = "veth" + hexadecimal(UInt32.random(in: 0 ... .max), digits: 8)
            interfaces.append(interface)
            pods.append(try makePod(pod, ofNode: number, interface: interface, cgroup: cgroup, netlink))
        }
        let bpffs = remains.bpffs(ofNode: number)
        try Filesystem.makeDirectories(bpffs)
        try Filesystem.mountBPF(at: bpffs)
        return LabNode(
            number: number, host: host, pods: pods, workloadInterfaces: interfaces, bpffs: bpffs, cgroup: cgroup)
    }

    private func connect(
        _ number: Int, _ uplink: UInt32, _ family: AddressFamily, _ netlink: borrowing NetlinkSocket
    ) throws(SystemError) {
        try netlink.addAddress(LabPlan.node(number, family), to: uplink)
        try netlink.addDefaultRoute(via: LabPlan.nodeGateway(family).address, on: uplink)
        for other in 1...plan.nodeCount where other != number {
            let block = LabPlan.podBlock(ofNode: other, family)
            let node = LabPlan.node(other, family).address
            try netlink.addRoute(KernelRoute(to: block, via: node, interfaceIndex: uplink))
        }
    }

    /// A pod as the ptp CNI plugin makes it: a veth with the gateway's address on the node's end, routed by host routes.
    private func makePod(
        _ number: Int, ofNode node: Int, interface: String, cgroup: Cgroup, _ netlink: borrowing NetlinkSocket
    ) throws(SystemError) -> LabHost {
        let pod = try LabHost(
            name: "n\(node)p\(number)", lab: name, cgroup: try Cgroup.make("\(cgroup.path)/p\(number)"),
            addresses: families.map { LabPlan.pod(number, ofNode: node, $0) })
        try prepare(pod, forwarding: false)
        try netlink.addVethPair(
            LinkSettings(name: interface, isUp: true, mtu: plan.mtu), LinkSettings(name: LabNode.uplink, mtu: plan.mtu),
            farIn: pod.namespace)
        let near = try netlink.index(of: interface)
        let inner = try NetlinkSocket(in: pod.namespace)
        let far = try inner.bringUp(LabNode.uplink)
        for address in pod.addresses {
            let gateway = LabPlan.podGateway(ofNode: node, address.family)
            let length = address.family.bitWidth
            try netlink.addAddress(LabAddress(address: gateway, prefixLength: length), to: near)
            try netlink.addRoute(KernelRoute(to: Prefix(host: address), interfaceIndex: near))
            try inner.addAddress(LabAddress(address: address, prefixLength: length), to: far)
            try inner.addRoute(KernelRoute(to: Prefix(host: gateway), interfaceIndex: far))
            try inner.addDefaultRoute(via: gateway, on: far)
        }
        return pod
    }

    /// Waits until every link that is up also passes packets.
    ///
    /// The kernel activates the end of a veth that came up first from a work queue, once the other end is up too, and
    /// drops what is sent through it before.
    func awaitCarrier(of hosts: [LabHost]) throws(SystemError) {
        let deadline = Deadline(after: .seconds(2))
        for host in hosts {
            let netlink = try NetlinkSocket(in: host.namespace)
            while let idle = try netlink.links().first(where: { $0.isUp && !$0.flags.contains(.running) }) {
                guard !deadline.hasPassed else { throw SystemError(.changeLink, idle.name, .timedOut) }
                _ = try Poll.readable([], until: Deadline(after: .milliseconds(1)))
            }
        }
    }

    /// Settings that the namespace must have before its interfaces come, since they copy them.
    private func prepare(_ host: LabHost, forwarding: Bool) throws(SystemError) {
        let hasIPv6 = families.contains(.v6)
        try host.namespace.run { () throws(SystemError) in
            for scope in ["all", "default"] {
                try Sysctl.write("net/ipv4/conf/\(scope)/rp_filter", "0")
                guard hasIPv6 else { continue }
                try Sysctl.write("net/ipv6/conf/\(scope)/disable_ipv6", "0")
                // Addresses are ready at once, and no router advertisement changes the routes.
                try Sysctl.write("net/ipv6/conf/\(scope)/accept_dad", "0")
                try Sysctl.write("net/ipv6/conf/\(scope)/accept_ra", "0")
                try Sysctl.write("net/ipv6/conf/\(scope)/forwarding", forwarding ? "1" : "0")
            }
            try Sysctl.write("net/ipv4/ip_forward", forwarding ? "1" : "0")
        }
        try NetlinkSocket(in: host.namespace).change(index: 1, LinkSettings(isUp: true))
    }
}

extension NetlinkSocket {
    fileprivate func index(of name: String) throws(SystemError) -> UInt32 {
        guard let link = try link(named: name) else { throw SystemError(.listLinks, name, .noDevice) }
        return link.index
    }

    fileprivate func bringUp(_ name: String) throws(SystemError) -> UInt32 {
        let index = try index(of: name)
        try change(index: index, LinkSettings(isUp: true))
        return index
    }

    fileprivate func addAddress(_ address: LabAddress, to index: UInt32) throws(SystemError) {
        try addAddress(address.address, prefixLength: address.prefixLength, to: index)
    }

    fileprivate func addDefaultRoute(via gateway: IPAddress, on index: UInt32) throws(SystemError) {
        let everything = Prefix(around: gateway, length: 0)
        try addRoute(KernelRoute(to: everything, via: gateway, interfaceIndex: index))
    }
}
