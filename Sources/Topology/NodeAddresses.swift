// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import LinuxSystem

/// The addresses at which other nodes and clients reach this node, the node's main one of each family first.
package struct NodeAddresses: Hashable, Sendable {
    package let v4: [IPAddress]
    package let v6: [IPAddress]

    package init(v4: [IPAddress] = [], v6: [IPAddress] = []) {
        self.v4 = v4
        self.v6 = v6
    }

    package var all: [IPAddress] { v4 + v6 }

    package subscript(family: AddressFamily) -> [IPAddress] { family == .v4 ? v4 : v6 }
}

extension NodeSnapshot {
    /// The explicit addresses of a family where there are any, else those of the uplinks.
    ///
    /// First comes what the kernel itself would send from on the preferred default route.
    package func nodeAddresses(for selection: InterfaceSelection) -> NodeAddresses {
        NodeAddresses(v4: nodeAddresses(.v4, selection), v6: nodeAddresses(.v6, selection))
    }

    private func nodeAddresses(_ family: AddressFamily, _ selection: InterfaceSelection) -> [IPAddress] {
        let explicit = selection.options.nodeAddresses.filter { $0.family == family }
        guard explicit.isEmpty else { return unique(explicit) }
        let borne = addresses.filter {
            $0.isGlobal && $0.address.family == family && selection.role(of: $0.interfaceIndex) == .uplink
        }
        // An address of its own /32 or /128 is often a moving one, such as keepalived's.
        let ranked = borne.sorted { ($0.subnet.isHost ? 1 : 0, $0.address) < ($1.subnet.isHost ? 1 : 0, $1.address) }
        return unique(preferredSources(family, selection) + ranked.map(\.address))
    }

    /// The default routes' own sources, then those of the subnets that their gateways are in.
    private func preferredSources(_ family: AddressFamily, _ selection: InterfaceSelection) -> [IPAddress] {
        defaultRoutes.filter { $0.destination.family == family }.flatMap { route -> [IPAddress] in
            let hops = route.nextHops.filter { $0.interfaceIndex.map { selection.role(of: $0) } == .uplink }
            guard !hops.isEmpty else { return [] }
            return ([route.preferredSource].compactMap(\.self) + hops.flatMap(sources)).filter(\.isReachable)
        }
    }

    /// The source of the connected route to the gateway, which is the primary address, else any in the same subnet.
    private func sources(towards hop: KernelRoute.NextHop) -> [IPAddress] {
        guard let gateway = hop.gateway else { return [] }
        let primary = routes.filter {
            !$0.isDefault && $0.table == KernelRoute.Table.main && $0.destination.contains(gateway)
                && $0.nextHops.contains(KernelRoute.NextHop(interfaceIndex: hop.interfaceIndex))
        }.compactMap(\.preferredSource)
        let neighbouring = addresses.filter {
            $0.interfaceIndex == hop.interfaceIndex && $0.isGlobal && $0.subnet.contains(gateway)
        }.map(\.address)
        return primary + neighbouring
    }

    private func unique(_ addresses: [IPAddress]) -> [IPAddress] {
        var seen: Set<IPAddress> = []
        return addresses.filter { seen.insert($0).inserted }
    }
}
