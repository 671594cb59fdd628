// SPDX-License-Identifier: Apache-2.0

extension IPAddress: CustomStringConvertible {
    /// The canonical text: RFC 5952 for IPv6, with the dotted quad kept in v4-mapped addresses.
    package var description: String { text(capacity: 40) { write(into: &$0) } }

    /// Appends the canonical text, for dumps that cannot afford a string per cell.
    package func write(into bytes: inout [UInt8]) {
        switch self {
        case .v4(let bits):
            writeIPv4(bits, into: &bytes)
        case .v6(_, let low) where isV4Mapped:
            bytes.append(contentsOf: "::ffff:".utf8)
            writeIPv4(UInt32(truncatingIfNeeded: low), into: &bytes)
        case .v6(let high, let low):
            writeIPv6(UInt128(high) << 64 | UInt128(low), into: &bytes)
        }
    }
}

private func writeIPv4(_ bits: UInt32, into bytes: inout [UInt8]) {
    bytes.append(addingCapacity: 15) { output in
        output.appendOctet(bits >> 24)
        output.append(UInt8(ascii: "."))
        output.appendOctet(bits >> 16 & 0xFF)
        output.append(UInt8(ascii: "."))
        output.appendOctet(bits >> 8 & 0xFF)
        output.append(UInt8(ascii: "."))
        output.appendOctet(bits & 0xFF)
    }
}

extension OutputSpan<UInt8> {
    /// Appends a number below 1000; dividing by constants is several times faster than by a variable.
    fileprivate mutating func appendOctet(_ value: UInt32) {
        if value >= 100 { appendDigit(value / 100) }
        if value >= 10 { appendDigit(value / 10 % 10) }
        appendDigit(value % 10)
    }

    fileprivate mutating func appendDigit(_ digit: UInt32) {
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
    }
}

private func writeIPv6(_ bits: UInt128, into bytes: inout [UInt8]) {
    func group(_ index: Int) -> UInt32 { UInt32(truncatingIfNeeded: bits >> (16 * (7 - index)) & 0xFFFF) }
    let gap = longestZeroRun(group)
    var index = 0
    while index < 8 {
        if index == gap.lowerBound, !gap.isEmpty {
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: ":"))
            index = gap.upperBound
            continue
        }
        if index > 0, index != gap.upperBound { bytes.append(UInt8(ascii: ":")) }
        appendHexadecimal(group(index), to: &bytes)
        index += 1
    }
}

/// The first of the longest runs of zero groups; empty when none has two groups or more (RFC 5952, 4.2.2).
private func longestZeroRun(_ group: (Int) -> UInt32) -> Range<Int> {
    var best = 8..<8
    var start = 0
    while start < 8 {
        var end = start
        while end < 8, group(end) == 0 { end += 1 }
        if end - start > max(best.count, 1) { best = start..<end }
        start = max(end, start + 1)
    }
    return best
}

/// Appends a port number.
func appendDecimal(_ value: UInt16, to bytes: inout [UInt8]) {
    let value = UInt32(value)
    bytes.append(addingCapacity: 5) { output in
        if value >= 10_000 { output.appendDigit(value / 10_000) }
        if value >= 1000 { output.appendDigit(value / 1000 % 10) }
        if value >= 100 { output.appendDigit(value / 100 % 10) }
        if value >= 10 { output.appendDigit(value / 10 % 10) }
        output.appendDigit(value % 10)
    }
}

private func appendHexadecimal(_ value: UInt32, to bytes: inout [UInt8]) {
    var shift: UInt32 = 12
    while shift > 0, value >> shift == 0 { shift -= 4 }
    while true {
        let digit = UInt8(value >> shift & 0xF)
        bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        if shift == 0 { return }
        shift -= 4
    }
}

/// Makes a string of what the body appends.
func text(capacity: Int, _ body: (inout [UInt8]) -> Void) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(capacity)
    body(&bytes)
    return String(decoding: bytes, as: UTF8.self)
}
