// SPDX-License-Identifier: Apache-2.0

/// An address and a port in host byte order, written `10.0.0.1:80` or `[fd00::1]:80`.
package struct Endpoint: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16

    package var family: AddressFamily { address.family }

    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `ADDR:PORT`; an IPv6 address must stand in brackets, an IPv4 address must not.
    package init(_ text: String) throws(AddressParseError) {
        try self.init(text[...])
    }

    init(_ text: Substring) throws(AddressParseError) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw .malformedEndpoint(String(text))
        }
        let host = text[..<colon]
        guard host.utf8.first == UInt8(ascii: "[") else {
            guard !host.utf8.contains(UInt8(ascii: ":")) else { throw .unbracketedEndpoint(String(text)) }
            self.init(address: try IPAddress(host), port: try PortNumber.parse(text[colon...].dropFirst()))
            return
        }
        guard host.utf8.last == UInt8(ascii: "]") else { throw .malformedEndpoint(String(text)) }
        let address = try IPAddress(host.dropFirst().dropLast())
        guard address.family == .v6 else { throw .malformedEndpoint(String(text)) }
        self.init(address: address, port: try PortNumber.parse(text[colon...].dropFirst()))
    }

    /// Appends the text form, for dumps that cannot afford a string per cell.
    package func write(into bytes: inout [UInt8]) {
        if family == .v6 { bytes.append(UInt8(ascii: "[")) }
        address.write(into: &bytes)
        if family == .v6 { bytes.append(UInt8(ascii: "]")) }
        bytes.append(UInt8(ascii: ":"))
        appendDecimal(port, to: &bytes)
    }
}

extension Endpoint: Comparable {
    package static func < (left: Endpoint, right: Endpoint) -> Bool {
        left.address == right.address ? left.port < right.port : left.address < right.address
    }
}

extension Endpoint: CustomStringConvertible {
    package var description: String { text(capacity: 48) { write(into: &$0) } }
}
