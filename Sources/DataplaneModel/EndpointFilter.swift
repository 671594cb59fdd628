// SPDX-License-Identifier: Apache-2.0

/// A block of addresses, a port, or both, written `CIDR[:PORT]` or `:PORT`.
package struct EndpointFilter: Hashable, Sendable {
    /// Nil accepts every address of both families.
    package var prefix: Prefix?
    /// Nil accepts every port.
    package var port: UInt16?

    package init(prefix: Prefix? = nil, port: UInt16? = nil) {
        self.prefix = prefix
        self.port = port
    }

    package func matches(_ endpoint: Endpoint) -> Bool {
        if let port, endpoint.port != port { return false }
        return prefix?.contains(endpoint.address) ?? true
    }
}

extension EndpointFilter: CustomStringConvertible {
    package var description: String {
        guard let prefix else { return port.map { ":\($0)" } ?? "" }
        let address = prefix.isHost ? "\(prefix.address)" : "\(prefix)"
        guard let port else { return address }
        return prefix.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
