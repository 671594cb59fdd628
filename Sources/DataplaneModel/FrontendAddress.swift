// SPDX-License-Identifier: Apache-2.0

/// What a client connects to, written `10.96.0.10:80/tcp` or `[fd00::a]:53/udp`.
package struct FrontendAddress: Hashable, Sendable {
    package var endpoint: Endpoint
    package var transport: TransportProtocol

    package var family: AddressFamily { endpoint.family }

    package init(endpoint: Endpoint, transport: TransportProtocol) {
        self.endpoint = endpoint
        self.transport = transport
    }

    /// Reads `ADDR:PORT/PROTO`; the protocol is never guessed.
    package init(_ text: String) throws(AddressParseError) {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { throw .malformedFrontend(text) }
        self.init(
            endpoint: try Endpoint(text[..<slash]),
            transport: try TransportProtocol(String(text[slash...].dropFirst())))
    }
}

extension FrontendAddress: Comparable {
    package static func < (left: FrontendAddress, right: FrontendAddress) -> Bool {
        left.endpoint == right.endpoint ? left.transport < right.transport : left.endpoint < right.endpoint
    }
}

extension FrontendAddress: CustomStringConvertible {
    package var description: String { "\(endpoint)/\(transport)" }
}
