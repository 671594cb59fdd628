// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// An entry that the `routes` map should hold because the kernel's own tables say so.
package struct DesiredRoute: Hashable, Sendable {
    /// A remote place with an unspecified address stands for each address of the prefix itself, on the link.
    package let route: Route

    /// The interface is a veth whose other end is the pod's: a packet may be handed over without a route lookup.
    package let isPeer: Bool

    /// The kernel's next hops on uplinks that may be nodes, in its order, where the route names the first of them.
    let gateways: [IPAddress]

    /// - Parameter gateways: nil for the one that the route names.
    package init(route: Route, isPeer: Bool, gateways: [IPAddress]? = nil) {
        self.route = route
        self.isPeer = isPeer
        self.gateways = gateways ?? route.gateway.map { [$0] } ?? []
    }

    /// What remains of it when nodes are known by their addresses: nil where no gateway is one of them.
    func believed(among nodes: Set<IPAddress>) -> DesiredRoute? {
        guard route.gateway != nil else { return self }
        guard let node = gateways.first(where: nodes.contains) else { return nil }
        let place = Route.Place.remote(via: node.asNode(of: route.prefix.family))
        return DesiredRoute(
            route: Route(prefix: route.prefix, role: route.role, place: place), isPeer: isPeer, gateways: gateways)
    }
}

extension [DesiredRoute] {
    /// No packet is handed straight into a pod whose prefix holds what is left out: the kernel decides inside it.
    func withoutPeers(around omitted: [Prefix]) -> [DesiredRoute] {
        map { wanted in
            let hasHole = wanted.isPeer && omitted.contains { wanted.route.prefix.contains($0) }
            return hasHole
                ? DesiredRoute(route: wanted.route, isPeer: false, gateways: wanted.gateways) : wanted
        }
    }
}

extension Route {
    /// What workloads are behind, unspecified where that is no node's address; nil for all other routes.
    fileprivate var gateway: IPAddress? {
        guard role == .workload, case .remote(let gateway) = place else { return nil }
        return gateway
    }
}

extension IPAddress {
    static func unspecified(_ family: AddressFamily) -> IPAddress { family == .v4 ? .v4(0) : .v6(high: 0, low: 0) }

    /// Itself where a tunnel of the family could be sent to it, which needs no scope, else unspecified.
    func asNode(of family: AddressFamily) -> IPAddress {
        self.family == family && !isLinkLocal ? self : .unspecified(family)
    }
}

extension DesiredRoute: Comparable {
    /// By prefix, which is the key of the map.
    package static func < (left: DesiredRoute, right: DesiredRoute) -> Bool { left.route < right.route }
}

extension DesiredRoute: CustomStringConvertible {
    package var description: String { "\(route)" + (isPeer ? " peer" : "") }
}
