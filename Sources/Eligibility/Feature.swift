// SPDX-License-Identifier: Apache-2.0

/// A part of the product that a node may be able to run or not, as `--require` names it.
package enum Feature: String, Hashable, Sendable, CaseIterable {
    /// Services by eBPF at all, over IPv4. Without it no other feature counts.
    case core

    /// Load balancing in connect(2) and its kin, which costs nothing per packet.
    case connectTime = "connect-time"

    /// Translated packets bypass the host stack, and with it netfilter.
    case directForwarding = "direct-forwarding"

    /// Attachment to interfaces by tcx links instead of clsact filters.
    case tcx

    /// Services over IPv6.
    case ipv6

    /// Node ports and external addresses whose backend is on another node, with the client's address preserved.
    case acrossNodes = "node-port-across-nodes"
}

/// How much of a feature the node can run; a later case is worse.
package enum Verdict: String, Hashable, Sendable, CaseIterable {
    case yes

    /// It works, but slower or not for every client; the deciding checks say which.
    case degraded

    case no
}

extension Verdict: Comparable {
    package static func < (left: Verdict, right: Verdict) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .yes: 0
        case .degraded: 1
        case .no: 2
        }
    }
}

/// What the checks come to for one feature.
package struct FeatureVerdict: Hashable, Sendable {
    package let feature: Feature
    package let verdict: Verdict

    /// The checks because of which it is not `yes`, in the order of the listing; empty for `yes`.
    package let decidedBy: [CheckID]

    package init(feature: Feature, verdict: Verdict, decidedBy: [CheckID]) {
        self.feature = feature
        self.verdict = verdict
        self.decidedBy = decidedBy
    }
}
