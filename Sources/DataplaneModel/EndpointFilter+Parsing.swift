// SPDX-License-Identifier: Apache-2.0

extension EndpointFilter {
    /// Reads `ADDR`, `CIDR`, `:PORT`, or an address or CIDR with `:PORT`; before a port, IPv6 may stand in brackets.
    ///
    /// Without brackets the colon after a prefix length is unambiguous; `fd00::1:80` is an address.
    package init(_ text: String) throws(FilterParseError) {
        let (block, port) = try Self.split(text)
        do {
            self.init(
                prefix: block.isEmpty ? nil : try Prefix(addressOrPrefix: block),
                port: try port.map { digits throws(AddressParseError) in try PortNumber.parse(digits) })
        } catch {
            throw .address(error)
        }
    }

    private static func split(_ text: String) throws(FilterParseError) -> (block: Substring, port: Substring?) {
        let bytes = text.utf8
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .malformedEndpoint(text) }
            let (block, rest) = (text[..<end].dropFirst(), text[end...].dropFirst())
            guard block.utf8.contains(UInt8(ascii: ":")), rest.isEmpty || rest.hasPrefix(":") else {
                throw .malformedEndpoint(text)
            }
            return (block, rest.isEmpty ? nil : rest.dropFirst())
        }
        let afterSlash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.startIndex
        let colons = bytes[afterSlash...].indices.lazy.filter { bytes[$0] == UInt8(ascii: ":") }
        guard !bytes.isEmpty else { throw .malformedEndpoint(text) }
        guard let colon = colons.first, colons.dropFirst().isEmpty else { return (text[...], nil) }
        return (text[..<colon], text[colon...].dropFirst())
    }
}
