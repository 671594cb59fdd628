// SPDX-License-Identifier: Apache-2.0

/// A server behind a service, with its share of the new connections.
package struct Backend: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        case active
        /// Gets no new connection; the tracked ones go on.
        case draining
    }

    /// Weights are proportions: 100 and 100 mean the same as 1 and 1.
    package static let weights = 1...100

    package var endpoint: Endpoint
    package var weight: Int
    /// Whether the server runs on this node; nil when only the routes can tell.
    package var isLocal: Bool?
    package var state: State

    package var family: AddressFamily { endpoint.family }

    package init(endpoint: Endpoint, weight: Int = 1, isLocal: Bool? = nil, state: State = .active) {
        self.endpoint = endpoint
        self.weight = weight
        self.isLocal = isLocal
        self.state = state
    }
}

extension Backend: Comparable {
    /// Local ones first, as slots are laid out, then by endpoint.
    package static func < (left: Backend, right: Backend) -> Bool {
        let (leftLocal, rightLocal) = (left.isLocal == true, right.isLocal == true)
        if leftLocal != rightLocal { return leftLocal }
        if left.endpoint != right.endpoint { return left.endpoint < right.endpoint }
        return left.weight < right.weight
    }
}

extension Backend: CustomStringConvertible {
    /// What ``init(_:)`` reads; the state is not part of it.
    package var description: String {
        "\(endpoint)" + (weight == 1 ? "" : ",weight=\(weight)") + (isLocal == true ? ",local" : "")
    }
}
