// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// The role of every interface of a node, and why; what `enable` attaches to and `interface list` shows.
///
/// Making one never fails, so that listings and checks work on a node that cannot be enabled: see ``validate()``.
package struct InterfaceSelection: Hashable, Sendable {
    /// What an operator decided; empty lists leave the decision to the defaults.
    package struct Options: Hashable, Sendable {
        /// `--uplink`: these and no others are uplinks.
        package var uplinkNames: [String]

        /// `--workload`: shell patterns; what matches them and nothing else is a workload.
        package var workloadPatterns: [String]

        /// `--node-address`: the interfaces that bear them are uplinks beside those of the default routes.
        package var nodeAddresses: [IPAddress]

        package init(
            uplinkNames: [String] = [], workloadPatterns: [String] = [], nodeAddresses: [IPAddress] = []
        ) {
            self.uplinkNames = uplinkNames
            self.workloadPatterns = workloadPatterns
            self.nodeAddresses = nodeAddresses
        }
    }

    /// One interface and what became of it.
    package struct Choice: Hashable, Sendable {
        package let link: NetworkLink
        package let role: InterfaceRole
        package let reason: InterfaceReason
    }

    package let options: Options

    /// One for each link of the snapshot, by index.
    package let choices: [Choice]

    /// Empty when the dataplane can be put on ``uplinks`` and ``workloads``.
    package let errors: [TopologyError]

    package let warnings: [TopologyWarning]

    private let roles: [UInt32: InterfaceRole]

    package init(_ snapshot: NodeSnapshot, options: Options = Options()) {
        let rules = SelectionRules(snapshot, options: options)
        self.options = options
        let choices = snapshot.links.map(rules.choice)
        self.choices = choices
        roles = Dictionary(choices.map { ($0.link.index, $0.role) }, uniquingKeysWith: { first, _ in first })
        errors = Self.errors(snapshot, options, hasUplink: choices.contains { $0.role == .uplink })
        warnings = Self.warnings(snapshot, options, choices)
    }
}

extension InterfaceSelection {
    package var uplinks: [NetworkLink] { choices.filter { $0.role == .uplink }.map(\.link) }

    package var workloads: [NetworkLink] { choices.filter { $0.role == .workload }.map(\.link) }

    /// `ignored` for an index that the snapshot does not have.
    package func role(of index: UInt32) -> InterfaceRole { roles[index] ?? .ignored }

    /// Throws the first of ``errors``.
    package func validate() throws(TopologyError) {
        if let error = errors.first { throw error }
    }

    private static func errors(_ snapshot: NodeSnapshot, _ options: Options, hasUplink: Bool) -> [TopologyError] {
        let existing = snapshot.links.filter { !$0.isLoopback }.map(\.name)
        let unknown = options.uplinkNames.filter { name in !snapshot.links.contains { $0.name == name } }
        guard unknown.isEmpty else { return unknown.map { .unknownUplink($0, existing: existing) } }
        return hasUplink ? [] : [.noUplink(candidates: candidates(snapshot))]
    }

    private static func candidates(_ snapshot: NodeSnapshot) -> [String] {
        let bearers = Set(snapshot.addresses.filter { $0.isGlobal && !$0.subnet.isHost }.map(\.interfaceIndex))
        return snapshot.links.filter { $0.isUp && !$0.isLoopback && !$0.isBridge && bearers.contains($0.index) }
            .map(\.name)
    }

    private static func warnings(
        _ snapshot: NodeSnapshot, _ options: Options, _ choices: [Choice]
    ) -> [TopologyWarning] {
        let workloads = choices.filter { $0.role == .workload }.map(\.link.name)
        let idle = options.workloadPatterns.filter { !workloads.contains(where: GlobPattern($0).matches) }
        let foreign = options.nodeAddresses.filter { wanted in !snapshot.addresses.contains { $0.address == wanted } }
        return idle.map { .idlePattern($0) } + foreign.map { .foreignNodeAddress($0) }
    }
}

extension InterfaceAddress {
    /// Usable and valid beyond the link.
    var isGlobal: Bool { isUsable && scope == .universe && address.isReachable }
}
