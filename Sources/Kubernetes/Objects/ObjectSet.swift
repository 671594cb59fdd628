// SPDX-License-Identifier: Apache-2.0

/// The objects of one or several inputs, in the order they were read.
package struct ObjectSet: Hashable, Sendable {
    /// A kind that means nothing to a service proxy.
    package struct UnknownKind: Hashable, Sendable, Comparable {
        package let apiVersion: String
        package let kind: String

        package static func < (left: UnknownKind, right: UnknownKind) -> Bool {
            left.kind == right.kind ? left.apiVersion < right.apiVersion : left.kind < right.kind
        }

        /// The version of the same kind and API group that is read; nil for a kind that is not.
        package var versionRead: String? {
            Self.read.first { $0.kind == kind && $0.group == group }?.apiVersion
        }

        private static let read = [
            UnknownKind(apiVersion: "v1", kind: "Service"), UnknownKind(apiVersion: "v1", kind: "Endpoints"),
            UnknownKind(apiVersion: "v1", kind: "Node"),
            UnknownKind(apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice"),
        ]

        /// Empty for the group of the oldest kinds, whose version stands alone.
        private var group: Substring { apiVersion.contains("/") ? apiVersion.prefix { $0 != "/" } : "" }
    }

    package var services: [ServiceObject] = []
    package var slices: [SliceObject] = []
    package var endpoints: [EndpointsObject] = []
    package var nodes: [NodeObject] = []
    /// How many objects of each unknown kind were passed over.
    package var skipped: [UnknownKind: Int] = [:]

    package init() {}

    /// Whether nothing was read that could be applied.
    package var isEmpty: Bool { services.isEmpty && slices.isEmpty && endpoints.isEmpty && nodes.isEmpty }
}

extension ObjectSet {
    /// Takes an object of any kind.
    mutating func add(_ object: Field, _ kind: UnknownKind) throws(FieldError) {
        switch (kind.apiVersion, kind.kind) {
        case ("v1", "Service"): services.append(try ServiceObject(object))
        case ("discovery.k8s.io/v1", "EndpointSlice"): slices.append(try SliceObject(object))
        case ("v1", "Endpoints"): endpoints.append(try EndpointsObject(object))
        case ("v1", "Node"): nodes.append(try NodeObject(object))
        default: skipped[kind, default: 0] += 1
        }
    }
}
