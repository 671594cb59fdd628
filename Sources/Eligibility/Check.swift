// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel

/// One judged fact: what the node has, what is needed, and how to come from one to the other.
package struct Check: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable, CaseIterable {
        case pass

        /// Something is less than it could be, but nothing that is needed is lost.
        case warn

        /// A feature that is needed, `core` or one asked for, is lost because of it.
        case fail

        /// It could not be found out.
        case skip
    }

    package let id: CheckID
    package let status: Status
    package let found: String
    package let required: String

    /// A command to run.
    package let hint: String?

    /// The whole of what ``found`` sums up where that is one line of many, such as the end of the verifier's log.
    package let detail: [String]

    /// What the check bears on, whatever it found.
    package let features: [Feature]

    /// What it takes away from each feature that it lowers.
    package let effects: [Feature: Verdict]

    /// Left out of the verdicts by request.
    package let isIgnored: Bool

    init(_ finding: Finding, needed: Set<Feature>, isIgnored: Bool) {
        id = finding.id
        status = finding.status(needed: needed)
        found = finding.found
        required = finding.id.required
        hint = finding.hint
        detail = finding.detail
        features = finding.id.features
        effects = finding.effects
        self.isIgnored = isIgnored
    }
}

/// What judgement says about one fact, before it is known which features are needed.
struct Finding {
    enum Weight {
        case fine, notable, unknown
    }

    let id: CheckID
    let found: String
    var weight = Weight.fine
    var hint: String?
    var detail: [String] = []
    var effects: [Feature: Verdict] = [:]

    func status(needed: Set<Feature>) -> Check.Status {
        if effects.contains(where: { needed.contains($0.key) && $0.value == .no }) { return .fail }
        if weight == .unknown { return .skip }
        return weight == .notable || !effects.isEmpty ? .warn : .pass
    }
}

extension CheckID {
    /// The features that the check bears on.
    package var features: [Feature] {
        switch self {
        case .kernelVersion, .architecture, .lockdown, .typeInformation, .batch: []
        case .tcx: [.tcx]
        case .helper(.coarseClock): []
        case .helper(.setReturnValue): []
        case .helper(.redirectNeighbor), .helper(.redirectPeer): [.core, .directForwarding]
        case .helper(.socketCookie), .helper(.namespaceCookie), .programType(.cgroupSocketAddress):
            [.core, .connectTime]
        case .cgroup2, .cgroupAttachment, .program(.connectV4): [.core, .connectTime]
        case .program(.connectV6): [.connectTime, .ipv6]
        case .program(let image): image.family == .v4 ? [.core] : [.ipv6]
        case .ipv6, .ipv6Forward: [.ipv6]
        case .ipForward: [.core, .directForwarding]
        case .vxlan, .overlayPort: [.acrossNodes]
        case .forwardHookPolicy: [.directForwarding]
        case .kubeProxyProcess, .kubeProxyIptables, .kubeProxyNftables: []
        default: [.core]
        }
    }
}
