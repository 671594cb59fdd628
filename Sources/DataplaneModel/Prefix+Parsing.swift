// SPDX-License-Identifier: Apache-2.0

extension Prefix {
    /// Reads `ADDR/LENGTH`, the host bits being zero.
    package init(_ text: String) throws(AddressParseError) {
        try self.init(text[...])
    }

    /// Reads `ADDR/LENGTH`, or a bare address as the prefix that holds only it.
    package init(addressOrPrefix text: String) throws(AddressParseError) {
        try self.init(addressOrPrefix: text[...])
    }

    init(addressOrPrefix text: Substring) throws(AddressParseError) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            try self.init(text)
        } else {
            self.init(host: try IPAddress(text))
        }
    }

    init(_ text: Substring) throws(AddressParseError) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else {
            guard let address = IPAddress(parsing: text.utf8) else { throw .malformedPrefix(String(text)) }
            throw .prefixWithoutLength(String(text), canonical: Prefix(host: address))
        }
        let address = try IPAddress(text[..<slash])
        let digits = text[slash...].dropFirst().utf8
        guard let length = decimal(digits, digits: 3), length <= address.family.bitWidth else {
            throw .prefixLength(String(text), maximum: address.family.bitWidth)
        }
        self.init(around: address, length: length)
        guard self.address == address else { throw .hostBits(String(text), canonical: self) }
    }
}
