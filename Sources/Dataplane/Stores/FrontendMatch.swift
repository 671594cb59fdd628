// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What a client that sends to an address meets.
package struct FrontendMatch: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        /// A frontend has this very address.
        case exact
        /// The address is one of this node's own, and the port a node port.
        case nodePort
    }

    package let service: Service
    package let frontend: Frontend
    package let reason: Reason
}

extension ServiceStore {
    /// Looks as the programs do: for the address itself first, then for a node port of this node's own addresses.
    ///
    /// - Parameter isOwn: whether the address is one of this node's.
    package func match(_ asked: FrontendAddress, isOwn: Bool) throws(DataplaneError) -> FrontendMatch? {
        if let match = try match(of: .clusterIP(asked), .exact, { $0.address == asked }) { return match }
        let node = NodePort(port: asked.endpoint.port, transport: asked.transport)
        guard isOwn, serves(node, in: asked.family) else { return nil }
        return try match(of: node)
    }

    /// A node port serves the families that its service has backends of.
    private func serves(_ node: NodePort, in family: AddressFamily) -> Bool {
        guard let address = Frontend.nodePort(node).entryAddress(in: family) else { return false }
        return family == .v4 ? v4.entries[address] != nil : v6.entries[address] != nil
    }

    /// The service that has a node port.
    package func match(of node: NodePort) throws(DataplaneError) -> FrontendMatch? {
        try match(of: .nodePort(node), .nodePort) { $0.nodePort == node }
    }

    private func match(
        of key: Frontend, _ reason: FrontendMatch.Reason, _ isMeant: (Frontend) -> Bool
    ) throws(DataplaneError) -> FrontendMatch? {
        // Frontends are found by what they are addressed by, of whatever kind.
        guard let name = owner(of: key), let service = try service(named: name),
            let frontend = service.frontends.first(where: isMeant)
        else { return nil }
        return FrontendMatch(service: service, frontend: frontend, reason: reason)
    }
}
