// SPDX-License-Identifier: Apache-2.0

/// What tells objects of one kind apart, written `default/web`; sorts by namespace, then name.
package struct ObjectName: Hashable, Sendable, Comparable {
    package let namespace: String
    package let name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    package static func < (left: ObjectName, right: ObjectName) -> Bool {
        left.namespace == right.namespace ? left.name < right.name : left.namespace < right.namespace
    }
}

extension ObjectName: CustomStringConvertible {
    package var description: String { "\(namespace)/\(name)" }
}

extension ObjectName {
    /// The namespace that `kubectl` takes where an object names none.
    static let defaultNamespace = "default"

    init(metadata: Field) throws(FieldError) {
        self.init(
            namespace: try metadata.string("namespace") ?? Self.defaultNamespace,
            name: try metadata.required("name").string())
    }
}

/// The labels that kube-proxy goes by.
enum Label {
    static let serviceName = "kubernetes.io/service-name"
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    /// Somebody else than the cluster's own proxy serves the service.
    static let proxyName = "service.kubernetes.io/service-proxy-name"
    static let headless = "service.kubernetes.io/headless"
    /// Of `Endpoints` that shall become no slices.
    static let skipMirror = "endpointslice.kubernetes.io/skip-mirror"
    static let zone = "topology.kubernetes.io/zone"
    static let hostName = "kubernetes.io/hostname"
}

/// The transports of a service's or a slice's port.
package enum PortProtocol: String, Sendable, Hashable, CaseIterable {
    case tcp = "TCP"
    case udp = "UDP"
    case sctp = "SCTP"
}
