// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What one node's dataplane shall hold, as far as Kubernetes' objects say.
package struct DesiredState: Hashable, Sendable {
    /// One per service port, sorted by name.
    package var services: [Service]
    /// Where nodes and pods live, sorted by prefix.
    package var routes: [NodeRoute]
    package var node: NodeFacts
    /// Sorted by service.
    package var healthChecks: [HealthCheck]
    /// What was left out or is not served exactly as asked, in a stable order.
    package var notes: [TranslationNote]
}

/// The node whose dataplane it is.
package struct NodeFacts: Hashable, Sendable {
    package let name: String
    /// False when the input had no `Node` objects: nothing but its name is known then.
    package let isKnown: Bool
    package let zone: String?
    package let internalIPs: [IPAddress]
    package let podCIDRs: [Prefix]
}

/// The addresses of a node, or of the pods on it.
package struct NodeRoute: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// This node: which interface leads there, the kernel's routes tell.
        case here
        /// Another node, at its address of the prefix's family.
        case node(String, via: IPAddress)
    }

    package let prefix: Prefix
    package let role: Route.Role
    package let place: Place

    /// The entry to write; nil for what is on this node.
    package var remote: Route? {
        guard case .node(_, let address) = place else { return nil }
        return Route(prefix: prefix, role: role, place: .remote(via: address))
    }
}

/// A port at which a load balancer asks whether this node serves a service.
package struct HealthCheck: Hashable, Sendable {
    package let service: ObjectName
    package let port: UInt16
    /// The distinct ready endpoints on this node; none means that the load balancer shall pass it by.
    package let localEndpoints: Int
}

/// What a translation depends on beside the objects.
package struct TranslationOptions: Hashable, Sendable {
    /// How the user says which node this is.
    package enum NodeChoice: Hashable, Sendable {
        case name(String)
        /// The machine's own name, by which its node object is looked for.
        case hostName(String)
    }

    package var node: NodeChoice
    /// External addresses that services may claim; none unless said (CVE-2020-8554).
    package var allowedExternalIPs: [Prefix]
    /// The addresses of this machine, which tell whether the node's object is about it; empty where nobody knows.
    package var ownAddresses: Set<IPAddress> = []
    /// Those of the endpoints that the dataplane's routes lead to on this node; nil where the routes cover none.
    ///
    /// Asked for where neither Node objects nor endpoints know the node by its name.
    package var localEndpoints: Set<IPAddress>?

    package init(node: NodeChoice, allowedExternalIPs: [Prefix] = []) {
        self.node = node
        self.allowedExternalIPs = allowedExternalIPs
    }
}

/// Why nothing can be translated.
package enum TranslationError: Error, Hashable {
    /// None of the node objects is this node; with the names of all.
    case unknownNode(TranslationOptions.NodeChoice, known: [String])
    /// Several node objects call themselves what this machine does.
    case ambiguousNode(hostName: String, candidates: [String])
    /// The chosen node has none of this machine's addresses, while another one has.
    case otherMachine(chosen: String, address: IPAddress, of: String)
    /// Nothing tells which endpoints are on this node.
    case unknownPlaces(node: String)
}
