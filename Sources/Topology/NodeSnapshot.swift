// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
package import LinuxSystem

/// What one network namespace looked like to netlink: the only input of every decision in this target.
package struct NodeSnapshot: Hashable, Sendable {
    /// By index.
    package let links: [NetworkLink]

    package let addresses: [InterfaceAddress]

    /// Of every table.
    package let routes: [KernelRoute]

    /// Empty where there are the usual tables only.
    package let rules: [RoutingRule]

    private let linksByIndex: [UInt32: NetworkLink]

    package init(links: [NetworkLink], addresses: [InterfaceAddress], routes: [KernelRoute], rules: [RoutingRule] = [])
    {
        self.links = links.sorted { $0.index < $1.index }
        self.addresses = addresses
        self.routes = routes
        self.rules = rules
        linksByIndex = Dictionary(links.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Asks the namespace of the socket; links first, so that a link that goes away leaves dangling indexes only.
    package init(reading socket: borrowing NetlinkSocket) throws(SystemError) {
        self.init(
            links: try socket.links(), addresses: try socket.addresses(), routes: try socket.routes(),
            rules: try socket.rules())
    }
}

extension NodeSnapshot {
    /// nil for no index and for one that belongs to another namespace or to nothing.
    package func link(index: UInt32?) -> NetworkLink? {
        index.flatMap { linksByIndex[$0] }
    }

    /// The routes of table main that bear a default, the preferred one (lowest metric) first.
    package var defaultRoutes: [KernelRoute] {
        routes.filter { $0.isDefault && $0.table == KernelRoute.Table.main }.sorted { $0.priority < $1.priority }
    }

    /// The bridge, bond or VRF that the link belongs to, if it is of one of these kinds.
    func master(of link: NetworkLink, kinds: Set<String>) -> NetworkLink? {
        guard let master = self.link(index: link.masterIndex), let kind = master.kind else { return nil }
        return kinds.contains(kind) ? master : nil
    }
}

extension NetworkLink {
    /// True for the host side of a pod's cable, and likewise for an uplink of a node that is itself a namespace.
    package var isVethIntoAnotherNamespace: Bool { isVeth && isPeerElsewhere }

    var isVeth: Bool { kind == "veth" }
    var isBridge: Bool { kind == "bridge" }
}

extension IPAddress {
    /// True for what a node or a pod can be reached at from elsewhere.
    var isReachable: Bool { !(isLoopback || isLinkLocal || isMulticast || isBroadcast || isUnspecified) }
}
