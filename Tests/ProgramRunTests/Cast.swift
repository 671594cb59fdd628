// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport

/// The addresses that appear in packets, and where on the test node they live.
struct Cast {
    let family: AddressFamily

    /// A pod behind `pod0`.
    let client: IPAddress
    /// A pod behind `pod1`.
    let local: IPAddress
    /// A pod on another node: the packet's next hop is ``otherNode``.
    let remote: IPAddress
    /// A host that no route of the dataplane knows, though the kernel does.
    let stranger: IPAddress
    /// A host that the kernel has been told not to route to.
    let unreachable: IPAddress
    /// A service's.
    let virtual: IPAddress
    /// A second service's.
    let secondVirtual: IPAddress
    /// This node's.
    let node: IPAddress
    let otherNode: IPAddress
    /// The default route's.
    let gateway: IPAddress
    /// The block of the other node's pods.
    let remoteBlock: Prefix

    init(_ family: AddressFamily) {
        let isV4 = family == .v4
        func address(_ v4: String, _ v6: String) -> IPAddress { .of(isV4 ? v4 : v6) }
        self.family = family
        client = address("10.1.0.5", "fd00:1::5")
        local = address("10.1.0.2", "fd00:1::2")
        remote = address("10.2.0.3", "fd00:2::3")
        stranger = address("198.51.100.7", "2001:db8:f::7")
        unreachable = address("203.0.113.9", "2001:db8:dead::9")
        virtual = address("10.96.0.10", "fd00:96::a")
        secondVirtual = address("10.96.0.11", "fd00:96::b")
        node = address("192.0.2.1", "2001:db8::1")
        otherNode = address("192.0.2.2", "2001:db8::2")
        gateway = address("192.0.2.254", "2001:db8::fe")
        remoteBlock = Prefix(around: remote, length: isV4 ? 24 : 64)
    }

    var subnetLength: Int { family == .v4 ? 24 : 64 }
}

/// The node that every program run of this process happens on; made once, nothing in it changes.
struct TestNode {
    let node: PrivateNode
    let uplink: UInt32
    /// `pod0` and `pod1`.
    let pods: [UInt32]
    /// The kernel's number for the node's network namespace.
    let cookie: UInt64
    /// Of a device that no program run reaches: a redirection names it, and that is all.
    static let overlay: UInt32 = 4000

    private static let made = Result { try TestNode() }

    static func shared() throws -> TestNode { try made.get() }

    private init() throws {
        node = try PrivateNode(pods: 2)
        uplink = try node.index(of: PrivateNode.uplinkName)
        pods = try [node.index(of: "pod0"), node.index(of: "pod1")]
        cookie = try node.run { NetworkNamespace.currentCookie() ?? 0 }
        let (uplink, pods) = (uplink, pods)
        try node.run {
            let address = MACAddress(bytes: Ethernet.receiver)
            try NetlinkSocket().change(index: uplink, LinkSettings(macAddress: address))
        }
        for family in AddressFamily.allCases {
            let cast = Cast(family)
            try node.addAddress(cast.node, prefixLength: cast.subnetLength, to: PrivateNode.uplinkName)
            try node.run {
                let socket = try NetlinkSocket()
                for (index, hop) in [cast.otherNode, cast.gateway].enumerated() {
                    guard let address = MACAddress(bytes: [2, 0, 0, 0, 1, UInt8(index)]) else { continue }
                    try socket.setNeighbour(hop, macAddress: address, on: uplink)
                }
                let everything = Prefix(around: cast.gateway, length: 0)
                try socket.addRoute(KernelRoute(to: everything, via: cast.gateway, interfaceIndex: uplink))
                try socket.addRoute(KernelRoute(to: cast.remoteBlock, via: cast.otherNode, interfaceIndex: uplink))
                var blocked = KernelRoute(to: Prefix(host: cast.unreachable))
                (blocked.kind, blocked.nextHops) = (.unreachable, [])
                try socket.addRoute(blocked)
                try socket.addRoute(KernelRoute(to: Prefix(host: cast.client), interfaceIndex: pods[0]))
                try socket.addRoute(KernelRoute(to: Prefix(host: cast.local), interfaceIndex: pods[1]))
                for (index, pod) in [cast.client, cast.local].enumerated() {
                    guard let address = MACAddress(bytes: [2, 0, 0, 0, 2, UInt8(index)]) else { continue }
                    try socket.setNeighbour(pod, macAddress: address, on: pods[index])
                }
            }
        }
    }
}
