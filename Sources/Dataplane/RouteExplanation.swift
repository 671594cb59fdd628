// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel
package import LinuxSystem

/// How packets of a service travel to a backend at an address, and why so: what the programs decide, told beforehand.
///
/// The decision is theirs (`ways.bpf.h`, `forward.bpf.h`) and falls anew for each flow and, once a second, for its way.
package struct RouteExplanation: Hashable, Sendable {
    /// How a packet leaves.
    package enum Mode: String, Hashable, Sendable, CaseIterable {
        /// Straight into the pod behind a veth.
        case peer = "forward-peer"
        /// Out of a device to the kernel's next hop, past the host stack.
        case neighbor = "forward-neighbor"
        /// Through the overlay to the node of the backend.
        case tunnel = "forward-tunnel"
        /// Through the host stack.
        case stack = "forward-stack"
        /// The flow is not taken: the host stack gets it untranslated.
        case untouched
    }

    package enum Reason: Hashable, Sendable {
        /// The address is one of this node's own.
        case ownAddress
        case forwardingIsStack
        /// The entry is of hosts, and only workloads are reached past the host stack.
        case notWorkload
        /// The kernel's way to the pod leaves by a device that bears none of our programs.
        case kernelGoesAround
        /// The kernel routes to the veth that the entry names.
        case behindVeth
        /// The entry's device is no veth of a pod, so that it needs a next hop.
        case deviceIsNoVeth
        /// The kernel routes elsewhere than to the veth that the entry names.
        case kernelRoutesElsewhere
        case kernelHasRoute
        case kernelHasNone
        /// The backend's node is known, and the overlay leads there.
        case nodeIsKnown
        /// No route names the backend's node.
        case nodeUnknown
        case noOverlay
    }

    package struct Way: Hashable, Sendable {
        package let mode: Mode
        package let reason: Reason
    }

    /// Of requests by pods of this node.
    package let fromPods: Way
    /// Of requests that come in by an uplink.
    package let fromOutside: Way
    /// Whether replies to clients at the address leave the backends' nodes directly.
    package let returnsDirectly: Bool

    /// - Parameters:
    ///   - kernel: where the kernel sends a packet to the address; nil for nowhere.
    ///   - hasOverlay: whether there is a device that leads to other nodes.
    package init(_ entry: RouteEntry, options: EnableOptions, kernel: KernelRoute?, hasOverlay: Bool) {
        let way = Self.way(entry, options, kernel)
        fromPods = way
        fromOutside = entry.route.isLocal ? way : Self.across(entry, hasOverlay)
        let isThisNode = entry.route.isLocal && entry.route.role == .host
        returnsDirectly = options.returnPath == .dsr && !isThisNode && !entry.route.noDSR
    }

    private static func way(_ entry: RouteEntry, _ options: EnableOptions, _ kernel: KernelRoute?) -> Way {
        guard entry.route.role == .workload else {
            return Way(mode: .stack, reason: entry.route.isLocal ? .ownAddress : .notWorkload)
        }
        guard options.forwarding == .direct else { return Way(mode: .stack, reason: .forwardingIsStack) }
        guard !entry.goesThroughStack else { return Way(mode: .stack, reason: .kernelGoesAround) }
        guard let device = kernel?.nextHops.first?.interfaceIndex else {
            return Way(mode: .stack, reason: .kernelHasNone)
        }
        guard case .local(let interface) = entry.route.place else {
            return Way(mode: .neighbor, reason: .kernelHasRoute)
        }
        guard entry.isPeer else { return Way(mode: .neighbor, reason: .deviceIsNoVeth) }
        return device == interface.index
            ? Way(mode: .peer, reason: .behindVeth) : Way(mode: .neighbor, reason: .kernelRoutesElsewhere)
    }

    private static func across(_ entry: RouteEntry, _ hasOverlay: Bool) -> Way {
        guard case .remote(let node) = entry.route.place, !node.isUnspecified else {
            return Way(mode: .untouched, reason: .nodeUnknown)
        }
        return hasOverlay
            ? Way(mode: .tunnel, reason: .nodeIsKnown) : Way(mode: .untouched, reason: .noOverlay)
    }
}
