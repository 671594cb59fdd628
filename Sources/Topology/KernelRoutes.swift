// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import LinuxSystem

/// What the kernel's own tables say about the routes that the dataplane holds.
package struct KernelRoutes: Sendable {
    /// The entries that follow from the kernel's tables alone, where any gateway may be a node.
    package let desired: [DesiredRoute]
    /// Those of each family that packets of pods may be routed by.
    private let tables: [KernelTable]

    package init(_ snapshot: NodeSnapshot, _ selection: InterfaceSelection, families: Set<AddressFamily>) {
        desired = snapshot.desiredRoutes(for: selection).filter { families.contains($0.route.prefix.family) }
        tables = families.flatMap { family in
            snapshot.tables(of: family).map { table in
                let routes = snapshot.effectiveRoutes(ofTable: table).filter { $0.key.family == family }
                return KernelTable(routes, selection)
            }
        }
    }

    /// - Parameter leavesByUplink: whether the way to a destination of table main does.
    package init(desired: [DesiredRoute], leavesByUplink: [Prefix: Bool]) {
        self.desired = desired
        tables = [KernelTable(leavesByUplink.mapValues { $0 ? .uplink : .around })]
    }

    /// The entries where Node objects tell which gateways are nodes: what is behind another one is no pod.
    ///
    /// - Parameters:
    ///   - nodes: their addresses.
    ///   - families: those that the objects speak of; about the others they say nothing.
    package func desired(among nodes: Set<IPAddress>, of families: Set<AddressFamily>) -> [DesiredRoute] {
        var believed: [DesiredRoute] = []
        var omitted: [Prefix] = []
        for wanted in desired {
            let isJudged = families.contains(wanted.route.prefix.family)
            if let wanted = isJudged ? wanted.believed(among: nodes) : wanted {
                believed.append(wanted)
            } else {
                omitted.append(wanted.route.prefix)
            }
        }
        return believed.withoutPeers(around: omitted)
    }

    /// Whether packets to a prefix of another node have to go through the host stack, since their answers come in by
    /// a device that bears none of our programs, such as another product's tunnel; so they do where there is no way.
    ///
    /// A packet past the host stack is routed without its mark, so that no table which some rule leads to may send a
    /// part of the prefix around the uplinks.
    package func goThroughStack(to prefix: Prefix) -> Bool {
        let ways = Set(tables.lazy.map { $0.way(to: prefix) })
        return ways.contains(.around) || !ways.contains(.uplink)
    }
}
