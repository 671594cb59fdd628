// SPDX-License-Identifier: Apache-2.0

/// How a new connection picks its slot.
package enum BalancingAlgorithm: String, Hashable, Sendable, CaseIterable {
    case random
    /// By a hash of the connection's tuple over a consistent table, so that every node picks the same backend.
    case maglev
}

extension BalancingAlgorithm {
    package init(_ text: String) throws(ServiceParseError) {
        guard let algorithm = BalancingAlgorithm(rawValue: text) else { throw .algorithm(text) }
        self = algorithm
    }
}
