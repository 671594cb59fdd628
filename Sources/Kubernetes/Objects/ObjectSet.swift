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
