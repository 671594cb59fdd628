// SPDX-License-Identifier: Apache-2.0

/// The transports that services may use; the raw value is the IP protocol number.
package enum TransportProtocol: UInt8, Hashable, Sendable, CaseIterable {
    case tcp = 6
    case udp = 17
}

extension TransportProtocol: Comparable {
    package static func < (left: TransportProtocol, right: TransportProtocol) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension TransportProtocol: CustomStringConvertible {
    package var description: String { self == .tcp ? "tcp" : "udp" }
}

extension TransportProtocol {
    /// Reads `tcp` or `udp` in any case, as Kubernetes writes them in capitals.
    ///
    /// - Throws: ``AddressParseError/unsupportedTransport(_:)`` for a transport that exists but is not served.
    package init(_ text: String) throws(AddressParseError) {
        guard text.utf8.count <= 7 else { throw .transport(text) }
        switch text.lowercased() {
        case "tcp": self = .tcp
        case "udp": self = .udp
        case "sctp", "dccp", "udplite", "icmp", "icmpv6": throw .unsupportedTransport(text)
        default: throw .transport(text)
        }
    }
}
