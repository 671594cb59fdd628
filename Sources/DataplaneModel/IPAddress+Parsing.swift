// SPDX-License-Identifier: Apache-2.0

extension IPAddress {
    /// Reads dotted-quad IPv4 without leading zeros, or RFC 4291 IPv6 without zone.
    package init(_ text: String) throws(AddressParseError) {
        try self.init(text[...])
    }

    init(_ text: Substring) throws(AddressParseError) {
        guard let address = IPAddress(parsing: text.utf8) else { throw Self.diagnose(text) }
        self = address
    }

    init?(parsing bytes: Substring.UTF8View) {
        if bytes.contains(UInt8(ascii: ":")) {
            guard let bits = parseIPv6(bytes) else { return nil }
            self = .v6(high: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits))
        } else {
            guard let bits = parseIPv4(bytes, allowingLeadingZeros: false) else { return nil }
            self = .v4(bits)
        }
    }

    private static func diagnose(_ text: Substring) -> AddressParseError {
        if let bits = parseIPv4(text.utf8, allowingLeadingZeros: true) {
            return .leadingZeros(String(text), canonical: .v4(bits))
        }
        if let percent = text.utf8.firstIndex(of: UInt8(ascii: "%")), IPAddress(parsing: text[..<percent].utf8) != nil {
            return .zone(String(text))
        }
        return .malformedAddress(String(text))
    }
}

private func parseIPv4(_ bytes: Substring.UTF8View, allowingLeadingZeros: Bool) -> UInt32? {
    var (bits, octet, digits, dots): (UInt32, UInt32, Int, Int) = (0, 0, 0, 0)
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "."):
            guard digits > 0, dots < 3 else { return nil }
            bits = bits << 8 | octet
            (octet, digits, dots) = (0, 0, dots + 1)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard digits == 0 || octet > 0 || allowingLeadingZeros else { return nil }
            octet = octet * 10 + UInt32(byte - UInt8(ascii: "0"))
            guard octet <= 255 else { return nil }
            digits = 1
        default:
            return nil
        }
    }
    return dots == 3 && digits > 0 ? bits << 8 | octet : nil
}

private func parseIPv6(_ bytes: Substring.UTF8View) -> UInt128? {
    let colon = UInt8(ascii: ":")
    var (bits, groups): (UInt128, Int) = (0, 0)
    var gap: Int?
    var rest = bytes
    if rest.starts(with: [colon, colon]) {
        gap = 0
        rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
        let end = rest.firstIndex(of: colon) ?? rest.endIndex
        let piece = rest[..<end]
        rest = rest[end...]
        if rest.isEmpty, groups <= 6, let quad = parseIPv4(piece, allowingLeadingZeros: false) {
            bits = bits << 32 | UInt128(quad)
            groups += 2
            break
        }
        guard groups < 8, let group = parseGroup(piece) else { return nil }
        bits = bits << 16 | UInt128(group)
        groups += 1
        guard !rest.isEmpty else { break }
        rest = rest.dropFirst()
        if rest.first == colon {
            guard gap == nil else { return nil }
            gap = groups
            rest = rest.dropFirst()
        } else if rest.isEmpty {
            return nil
        }
    }
    return spread(bits, groups: groups, gap: gap)
}

/// Moves the groups after `::` to the end; it stands for at least one group.
private func spread(_ bits: UInt128, groups: Int, gap: Int?) -> UInt128? {
    guard let gap else { return groups == 8 ? bits : nil }
    guard groups < 8 else { return nil }
    let tailBits = 16 * (groups - gap)
    let tail = bits & (UInt128(1) << tailBits - 1)
    let head = bits >> tailBits
    return head << (16 * (8 - gap)) | tail
}

private func parseGroup(_ bytes: Substring.UTF8View) -> UInt16? {
    guard (1...4).contains(bytes.prefix(5).count) else { return nil }
    var group: UInt16 = 0
    for byte in bytes {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        group = group << 4 | UInt16(digit)
    }
    return group
}
