// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem

/// The rules behind ``InterfaceSelection``, strongest first: what is named, what the routes say, how devices are
/// stacked, what matches a pattern, what kind of device it is.
struct SelectionRules {
    private let snapshot: NodeSnapshot
    private let options: InterfaceSelection.Options
    private let patterns: [GlobPattern]
    private let defaultRouteDevices: Set<UInt32>
    private let nodeAddressBearers: [UInt32: IPAddress]

    init(_ snapshot: NodeSnapshot, options: InterfaceSelection.Options) {
        self.snapshot = snapshot
        self.options = options
        patterns = options.workloadPatterns.map(GlobPattern.init)
        defaultRouteDevices = Set(snapshot.defaultRoutes.flatMap(\.nextHops).compactMap(\.interfaceIndex))
        var bearers: [UInt32: IPAddress] = [:]
        for wanted in options.nodeAddresses {
            for bearer in snapshot.addresses where bearer.address == wanted {
                bearers[bearer.interfaceIndex] = bearers[bearer.interfaceIndex] ?? wanted
            }
        }
        nodeAddressBearers = bearers
    }

    func choice(_ link: NetworkLink) -> InterfaceSelection.Choice {
        if link.isOverlay { return InterfaceSelection.Choice(link: link, role: .overlay, reason: .ownTunnel) }
        let (role, reason) =
            uplinkReason(link).map { (InterfaceRole.uplink, $0) }
            ?? named(link).map { (.workload, $0) }
            ?? stacking(link).map { (.ignored, $0) }
            ?? matching(link).map { (.workload, $0) }
            ?? remaining(link)
        return InterfaceSelection.Choice(link: link, role: role, reason: reason)
    }

    /// A name beats a route: an interface whose very name is given with `--workload` is no uplink by default.
    private func uplinkReason(_ link: NetworkLink) -> InterfaceReason? {
        guard options.uplinkNames.isEmpty else {
            return options.uplinkNames.contains(link.name) ? .namedUplink : nil
        }
        guard !link.isLoopback, named(link) == nil else { return nil }
        if defaultRouteDevices.contains(link.index) { return .defaultRoute }
        // An address on a dummy is the node's, yet no packet ever passes there.
        guard link.kind != "dummy", let address = nodeAddressBearers[link.index] else { return nil }
        return .nodeAddress(address)
    }

    private func named(_ link: NetworkLink) -> InterfaceReason? {
        options.workloadPatterns.contains(link.name) ? .matchesPattern(link.name) : nil
    }

    /// Devices whose packets are seen on another one; a program on both would translate twice.
    private func stacking(_ link: NetworkLink) -> InterfaceReason? {
        if link.isLoopback { return .loopback }
        if let bond = snapshot.master(of: link, kinds: ["bond", "team"]) { return .bondMember(of: bond.name) }
        if link.isBridge { return .bridge }
        if let upper = snapshot.links.first(where: { isVLAN($0, on: link) && uplinkReason($0) != nil }) {
            return .beneath(uplink: upper.name)
        }
        if !link.isVeth, let bridge = snapshot.master(of: link, kinds: ["bridge"]) {
            return .bridgePort(of: bridge.name)
        }
        return nil
    }

    private func isVLAN(_ upper: NetworkLink, on lower: NetworkLink) -> Bool {
        upper.kind == "vlan" && !upper.isPeerElsewhere && upper.peerIndex == lower.index
    }

    private func matching(_ link: NetworkLink) -> InterfaceReason? {
        patterns.first { $0.matches(link.name) }.map { .matchesPattern($0.text) }
    }

    private func remaining(_ link: NetworkLink) -> (InterfaceRole, InterfaceReason) {
        if defaultRouteDevices.contains(link.index) { return (.ignored, .unnamedDefaultRoute) }
        let bridge = snapshot.master(of: link, kinds: ["bridge"])
        if link.isVethIntoAnotherNamespace {
            return patterns.isEmpty
                ? (.workload, .vethIntoAnotherNamespace(bridge: bridge?.name)) : (.ignored, .unmatchedVeth)
        }
        if let bridge { return (.ignored, .bridgePort(of: bridge.name)) }
        if link.isVeth, let peer = snapshot.link(index: link.peerIndex) {
            return (.ignored, .localVeth(peer: peer.name))
        }
        return (.ignored, link.isUp ? .unclaimed : .down)
    }
}
