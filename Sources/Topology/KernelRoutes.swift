// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import LinuxSystem

/// What the kernel's own tables say about the routes that the dataplane holds.
package struct KernelRoutes: Sendable {
    /// The entries that follow from the kernel's tables alone, where any gateway may be a node.
    package let desired: [DesiredRoute]
    /// Whether the kernel's way to a destination leaves by an uplink.
    private let leavesByUplink: [Prefix: Bool]
    /// Those that occur, longest first.
    private let lengths: [AddressFamily: [Int]]

    package init(_ snapshot: NodeSnapshot, _ selection: InterfaceSelection, families: Set<AddressFamily>) {
        let ways = snapshot.effectiveRoutes.mapValues { route in
            route.kind == .unicast
                && route.nextHops.contains { hop in
                    hop.interfaceIndex.map { selection.role(of: $0) } == .uplink
                }
        }
        self.init(
            desired: snapshot.desiredRoutes(for: selection).filter { families.contains($0.route.prefix.family) },
            leavesByUplink: ways)
    }

    package init(desired: [DesiredRoute], leavesByUplink: [Prefix: Bool]) {
        self.desired = desired
        self.leavesByUplink = leavesByUplink
        lengths = Dictionary(grouping: leavesByUplink.keys, by: \.family)
            .mapValues { Set($0.map(\.length)).sorted(by: >) }
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
    package func goThroughStack(to prefix: Prefix) -> Bool {
        for length in lengths[prefix.family] ?? [] where length <= prefix.length {
            if let isUplink = leavesByUplink[Prefix(around: prefix.address, length: length)] { return !isUplink }
        }
        return true
    }
}
