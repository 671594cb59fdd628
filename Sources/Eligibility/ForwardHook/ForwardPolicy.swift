// SPDX-License-Identifier: Apache-2.0

/// Whether packets that the node forwards are filtered by netfilter, which direct forwarding would bypass.
package enum ForwardPolicy: Hashable, Sendable {
    /// Nothing on the way of a forwarded packet refuses it, but for kube-proxy's own rules.
    case none

    /// - Parameter by: the chains that refuse, as `iptables filter/FORWARD: policy drop`, in the order of the search.
    case enforced(by: [String])

    case unknown(reason: UnknownReason)
}

/// Why the node's packet filter rules cannot be told.
package enum UnknownReason: Hashable, Sendable {
    /// The program that lists the rules is not installed.
    case noProgram(String)

    /// It failed, timed out or wrote more than is read.
    case programFailed(String)
}
