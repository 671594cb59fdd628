// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

extension NodeSnapshot {
    /// The routes that the dataplane needs to know, by prefix, one for each; table main and own addresses only.
    ///
    /// What is left out goes the host stack's way. So does anything that the kernel routes more specifically than a
    /// pod's prefix and that is left out itself: such a prefix is not a peer, the kernel's table decides inside it.
    package func desiredRoutes(for selection: InterfaceSelection) -> [DesiredRoute] {
        let rules = RouteRules(self, selection)
        var desired = rules.own
        var omitted: [Prefix] = []
        for (prefix, route) in effectiveRoutes(ofTable: KernelRoute.Table.main) where desired[prefix] == nil {
            if let wanted = rules.desired(route) {
                desired[prefix] = wanted
            } else {
                omitted.append(prefix)
            }
        }
        return Array(desired.values).withoutPeers(around: omitted).sorted()
    }

    /// The route that the kernel takes to each destination of a table: the one of lowest metric, of any kind.
    func effectiveRoutes(ofTable table: UInt32) -> [Prefix: KernelRoute] {
        let ofTable = routes.filter { $0.table == table }.map { ($0.destination, $0) }
        return Dictionary(ofTable) { first, second in second.priority < first.priority ? second : first }
    }

    /// The tables that packets of pods may be routed by: those that rules lead to, whatever packets these ask for.
    func tables(of family: AddressFamily) -> Set<UInt32> {
        let named = rules.lazy.filter { $0.family == family }.map(\.table)
        return Set(named).union([KernelRoute.Table.main]).subtracting([KernelRoute.Table.local])
    }
}

/// What a single kernel route means to the dataplane.
private struct RouteRules {
    private let snapshot: NodeSnapshot
    private let selection: InterfaceSelection
    private let bridgesOfWorkloads: Set<UInt32>

    /// Gateways that do not stand for another node: the way out of the cluster, and this node itself.
    private let otherGateways: Set<IPAddress>

    /// The entries for the node's own addresses.
    let own: [Prefix: DesiredRoute]

    init(_ snapshot: NodeSnapshot, _ selection: InterfaceSelection) {
        self.snapshot = snapshot
        self.selection = selection
        bridgesOfWorkloads = Set(
            selection.workloads.compactMap { snapshot.master(of: $0, kinds: ["bridge"])?.index }
                .filter { selection.role(of: $0) != .uplink })
        let defaultGateways = snapshot.defaultRoutes.flatMap(\.nextHops).compactMap(\.gateway)
        otherGateways = Set(defaultGateways + snapshot.addresses.map(\.address))
        own = Self.own(snapshot)
    }

    private static func own(_ snapshot: NodeSnapshot) -> [Prefix: DesiredRoute] {
        var own: [Prefix: DesiredRoute] = [:]
        for address in snapshot.addresses where address.isUsable && address.address.isReachable {
            // kube-proxy's IPVS mode parks every service address on this dummy; none of them is the node's.
            guard let link = snapshot.link(index: address.interfaceIndex), link.name != "kube-ipvs0" else { continue }
            let prefix = Prefix(host: address.address)
            guard own[prefix] == nil else { continue }
            own[prefix] = DesiredRoute(
                route: Route(prefix: prefix, role: .host, place: .local(link.reference)), isPeer: false)
        }
        return own
    }

    /// nil for what is left to the host stack. Of several next hops the first that means anything counts.
    func desired(_ route: KernelRoute) -> DesiredRoute? {
        guard route.kind == .unicast, isCoverable(route.destination) else { return nil }
        for hop in route.nextHops {
            guard let link = snapshot.link(index: hop.interfaceIndex) else { continue }
            guard let (role, place) = meaning(of: hop, on: link, family: route.destination.family) else { continue }
            // With several next hops there is no one peer to hand packets to.
            let isPeer = isWorkload(link) && link.isVethIntoAnotherNamespace && route.nextHops.count == 1
            return DesiredRoute(
                route: Route(prefix: route.destination, role: role, place: place), isPeer: isPeer,
                gateways: gateways(of: route))
        }
        return nil
    }

    /// On the uplinks.
    private func gateways(of route: KernelRoute) -> [IPAddress] {
        route.nextHops.compactMap { hop in
            guard let gateway = hop.gateway, !otherGateways.contains(gateway),
                hop.interfaceIndex.map({ selection.role(of: $0) }) == .uplink
            else { return nil }
            return gateway
        }
    }

    /// False for defaults, also in the shape that VPNs give them (/1 halves, 2000::/3), and for what is not routed on.
    private func isCoverable(_ destination: Prefix) -> Bool {
        let address = destination.address
        return destination.length > 3
            && !(address.isMulticast || address.isLoopback || address.isLinkLocal || address.isBroadcast)
    }

    private func meaning(
        of hop: KernelRoute.NextHop, on link: NetworkLink, family: AddressFamily
    ) -> (Route.Role, Route.Place)? {
        if isWorkload(link) || bridgesOfWorkloads.contains(link.index) { return (.workload, .local(link.reference)) }
        // Replies must come in where a program translates them: what another device leads to stays with the host stack.
        guard selection.role(of: link.index) == .uplink else { return nil }
        if let gateway = hop.gateway {
            guard !otherGateways.contains(gateway) else { return nil }
            // A gateway of the other family, or on the link, leads there, but no tunnel could be sent to it.
            return (.workload, .remote(via: gateway.asNode(of: family)))
        }
        return (.host, .remote(via: .unspecified(family)))
    }

    private func isWorkload(_ link: NetworkLink) -> Bool { selection.role(of: link.index) == .workload }
}

extension NetworkLink {
    fileprivate var reference: InterfaceReference { InterfaceReference(name: name, index: index) }
}
