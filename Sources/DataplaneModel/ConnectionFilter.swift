// SPDX-License-Identifier: Apache-2.0

/// Selects connections; a nil criterion accepts everything.
package struct ConnectionFilter: Hashable, Sendable {
    package var family: AddressFamily?
    package var transport: TransportProtocol?
    package var source: EndpointFilter?
    /// Compared with the frontend, as the client sees it.
    package var destination: EndpointFilter?
    /// Accepts no connection that another node serves when set.
    package var backend: EndpointFilter?
    /// A name without a port accepts all ports of the service.
    package var service: ServiceName?
    /// Accepts no UDP connection when set.
    package var state: TCPState?

    package init(
        family: AddressFamily? = nil, transport: TransportProtocol? = nil, source: EndpointFilter? = nil,
        destination: EndpointFilter? = nil, backend: EndpointFilter? = nil, service: ServiceName? = nil,
        state: TCPState? = nil
    ) {
        self.family = family
        self.transport = transport
        self.source = source
        self.destination = destination
        self.backend = backend
        self.service = service
        self.state = state
    }

    /// True when every connection matches.
    package var isEmpty: Bool { self == ConnectionFilter() }

    package func matches(_ connection: Connection) -> Bool {
        if let family, connection.key.family != family { return false }
        if let transport, connection.key.transport != transport { return false }
        if let state, connection.state != state { return false }
        if let source, !source.matches(connection.key.source) { return false }
        if let destination, !destination.matches(connection.key.destination) { return false }
        if let backend, connection.backend.map(backend.matches) != true { return false }
        guard let service else { return true }
        return connection.service.map(service.covers) ?? false
    }
}
