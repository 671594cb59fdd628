// SPDX-License-Identifier: Apache-2.0

/// Which backends may serve a packet: all of them, or those on the node it arrived at.
package enum TrafficPolicy: String, Hashable, Sendable, CaseIterable {
    case cluster
    case local
}

extension TrafficPolicy {
    package init(_ text: String) throws(ServiceParseError) {
        guard let policy = TrafficPolicy(rawValue: text) else { throw .trafficPolicy(text) }
        self = policy
    }
}
