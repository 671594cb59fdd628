// SPDX-License-Identifier: Apache-2.0

/// What applying a list of services would do, one entry per service in order of names.
package struct ServiceDiff: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case created
        case configured
        case unchanged
        case deleted
    }

    package struct Entry: Hashable, Sendable {
        package let name: ServiceName
        package let action: Action
        /// Nil when created.
        package let current: Service?
        /// Nil when deleted.
        package let desired: Service?
        /// Empty for a service that is only to be written again as it is recorded.
        package let changes: ServiceChanges
    }

    package let entries: [Entry]
    /// Frontends that more than one service would claim afterwards; nothing may be applied while there is one.
    package let conflicts: [FrontendConflict]

    /// True when there is nothing to write.
    package var isEmpty: Bool { entries.allSatisfy { $0.action == .unchanged } }
}

/// The differences between two versions of one service; lists are sorted.
package struct ServiceChanges: Hashable, Sendable {
    /// A setting other than the lists of frontends and backends.
    package enum Setting: String, Hashable, Sendable, CaseIterable {
        case affinity
        case externalPolicy = "external-policy"
        case internalPolicy = "internal-policy"
        case sourceRanges = "source-ranges"
        case algorithm
    }

    package var addedFrontends: [Frontend] = []
    package var removedFrontends: [Frontend] = []
    package var addedBackends: [Backend] = []
    package var removedBackends: [Backend] = []
    /// New values of the backends whose weight, place or state differs.
    package var modifiedBackends: [Backend] = []
    package var settings: [Setting] = []

    package init() {}

    package var isEmpty: Bool { self == ServiceChanges() }
}

/// Two or more services that want the same frontend.
package struct FrontendConflict: Hashable, Sendable {
    package let frontend: Frontend
    /// Sorted, without duplicates.
    package let services: [ServiceName]
}
