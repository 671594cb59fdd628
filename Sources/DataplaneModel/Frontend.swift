// SPDX-License-Identifier: Apache-2.0

/// One way to reach a service; the cases carry what each kind is addressed by.
package enum Frontend: Hashable, Comparable, Sendable {
    case clusterIP(FrontendAddress)
    case externalIP(FrontendAddress)
    case loadBalancer(FrontendAddress)
    case nodePort(NodePort)

    /// The kinds by the names that documents and tables use.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case clusterIP = "cluster-ip"
        case externalIP = "external-ip"
        case loadBalancer = "load-balancer"
        case nodePort = "node-port"
    }

    package var kind: Kind {
        switch self {
        case .clusterIP: .clusterIP
        case .externalIP: .externalIP
        case .loadBalancer: .loadBalancer
        case .nodePort: .nodePort
        }
    }

    /// The virtual address; nil for a node port, which has one per node address.
    package var address: FrontendAddress? {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address): address
        case .nodePort: nil
        }
    }

    package var nodePort: NodePort? {
        guard case .nodePort(let port) = self else { return nil }
        return port
    }

    package var port: UInt16 {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address): address.endpoint.port
        case .nodePort(let node): node.port
        }
    }

    package var transport: TransportProtocol {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address): address.transport
        case .nodePort(let node): node.transport
        }
    }

    /// The family of the virtual address; nil for a node port, whose families ``Service/families`` tells.
    package var family: AddressFamily? { address?.family }

    /// True when traffic from outside the cluster is expected here, so that `externalPolicy` and source ranges apply.
    package var isExternal: Bool { kind != .clusterIP }

    /// What must be unique among all services of a node.
    enum Claim: Hashable, Comparable {
        case address(FrontendAddress)
        case nodePort(NodePort)
    }

    var claim: Claim {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address): .address(address)
        case .nodePort(let node): .nodePort(node)
        }
    }
}

extension Frontend: CustomStringConvertible {
    /// What the client is given, without the kind; a node port is `*:30080/tcp`, a port of every address of the node.
    package var description: String {
        switch self {
        case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address): address.description
        case .nodePort(let node): "*:\(node)"
        }
    }
}
