// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
@testable import LinuxSystem
import Topology

/// Builds a snapshot line by line, in the words of `ip link`, `ip address` and `ip route`.
///
/// Text that is no address or prefix throws, so that a fixture cannot silently lack what it names.
struct SnapshotBuilder {
    enum Peer {
        case none
        /// In another network namespace.
        case elsewhere
        case here(String)
    }

    private var links: [NetworkLink] = []
    private var addresses: [InterfaceAddress] = []
    private var routes: [KernelRoute] = []
    private var rules: [RoutingRule] = []

    /// Every node has a loopback device, with index 1.
    init() throws {
        links = [Self.link(1, "lo", flags: [.up, .loopback])]
        try address("127.0.0.1/8", on: "lo", scope: .host)
        try address("::1/128", on: "lo", scope: .host)
    }

    var snapshot: NodeSnapshot { NodeSnapshot(links: links, addresses: addresses, routes: routes, rules: rules) }

    mutating func link(
        _ name: String, kind: String? = nil, master: String? = nil, peer: Peer = .none, isUp: Bool = true
    ) {
        let elsewhere = if case .elsewhere = peer { true } else { false }
        let peerIndex: UInt32? =
            switch peer {
            case .none: nil
            case .elsewhere: 2
            case .here(let other): index(of: other)
            }
        links.append(
            Self.link(
                UInt32(links.count + 1), name, kind: kind, master: master.flatMap(index), peer: peerIndex,
                isPeerElsewhere: elsewhere, flags: isUp ? [.up, .running, .lowerUp] : []))
    }

    /// The host side of a pod's cable; its other end has an index that is also one of this namespace.
    mutating func veth(_ name: String, master: String? = nil, isUp: Bool = true) {
        link(name, kind: "veth", master: master, peer: .elsewhere, isUp: isUp)
    }

    mutating func address(
        _ text: String, on name: String, scope: InterfaceAddress.Scope = .universe, isUsable: Bool = true
    ) throws {
        let parts = text.split(separator: "/").map(String.init)
        addresses.append(
            InterfaceAddress(
                interfaceIndex: try known(name), address: try IPAddress(parts[0]), prefixLength: Int(parts[1]) ?? -1,
                scope: scope, isUsable: isUsable))
    }

    /// - Parameter destination: a prefix, `default` or `default6`.
    mutating func route(
        _ destination: String, via gateway: String? = nil, on name: String? = nil, source: String? = nil,
        metric: UInt32 = 0, kind: KernelRoute.Kind = .unicast, table: UInt32 = KernelRoute.Table.main
    ) throws {
        let defaults = ["default": "0.0.0.0/0", "default6": "::/0"]
        var route = KernelRoute(
            to: try Prefix(defaults[destination] ?? destination), via: try gateway.map { try IPAddress($0) },
            interfaceIndex: try name.map { try known($0) }, table: table)
        route.kind = kind
        route.priority = metric
        route.preferredSource = try source.map { try IPAddress($0) }
        if name == nil { route.nextHops = [] }
        routes.append(route)
    }

    /// What `ip rule add … table` says, as far as it counts.
    mutating func rule(_ family: AddressFamily = .v4, table: UInt32) {
        rules.append(RoutingRule(family: family, table: table))
    }

    /// Makes the last route a multipath one.
    mutating func alsoVia(_ gateway: String?, on name: String) throws {
        let hop = KernelRoute.NextHop(
            gateway: try gateway.map { try IPAddress($0) }, interfaceIndex: try known(name))
        routes[routes.count - 1].nextHops.append(hop)
    }

    private func index(of name: String) -> UInt32? { links.first { $0.name == name }?.index }

    private func known(_ name: String) throws -> UInt32 {
        struct UnknownLink: Error { let name: String }
        guard let index = index(of: name) else { throw UnknownLink(name: name) }
        return index
    }

    private static func link(
        _ index: UInt32, _ name: String, kind: String? = nil, master: UInt32? = nil, peer: UInt32? = nil,
        isPeerElsewhere: Bool = false, flags: NetworkLink.Flags
    ) -> NetworkLink {
        NetworkLink(
            index: index, name: name, kind: kind, masterIndex: master, peerIndex: peer,
            isPeerElsewhere: isPeerElsewhere, mtu: 1500, flags: flags, hasEthernetHeader: true, macAddress: nil)
    }
}

extension InterfaceSelection {
    /// A line for each interface: `eth0 uplink: has the default route`.
    var lines: [String] { choices.map { "\($0.link.name) \($0.role.rawValue): \($0.reason.text)" } }
}

extension NodeSnapshot {
    /// What the `routes` map should hold with the default selection, a line for each entry.
    var routeLines: [String] { desiredRoutes(for: InterfaceSelection(self)).map(\.description) }

    /// The same once Node objects are known that have addresses of some families.
    func routeLines(of families: Set<AddressFamily>, among nodes: [String]) throws -> [String] {
        let kernel = KernelRoutes(self, InterfaceSelection(self), families: [.v4, .v6])
        return kernel.desired(among: Set(try nodes.map { try IPAddress($0) }), of: families).map(\.description)
    }

    /// The node's addresses with the default selection, IPv4 first.
    var addressLines: [String] { nodeAddresses(for: InterfaceSelection(self)).all.map(\.description) }
}
