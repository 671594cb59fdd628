// SPDX-License-Identifier: Apache-2.0

/// Reads ports as operators write them: decimal, 1…65535, no sign and no leading zeros.
///
/// Values read back from the kernel are plain `UInt16`, because UDP allows source port 0.
package enum PortNumber {
    package static func parse(_ text: String) throws(AddressParseError) -> UInt16 {
        try parse(text[...])
    }

    static func parse(_ text: Substring) throws(AddressParseError) -> UInt16 {
        guard let value = decimal(text.utf8, digits: 5), let port = UInt16(exactly: value), port > 0 else {
            throw .port(String(text))
        }
        return port
    }
}

/// A number of at most `digits` ASCII digits without leading zeros, or nil.
func decimal(_ bytes: Substring.UTF8View, digits: Int) -> Int? {
    guard let first = bytes.first, bytes.count <= digits, first != UInt8(ascii: "0") || bytes.count == 1 else {
        return nil
    }
    var value = 0
    for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}
