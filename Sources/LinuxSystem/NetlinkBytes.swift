// SPDX-License-Identifier: Apache-2.0

/// Writes what netlink carries: numbers in host order and attributes, each with its length and type, 4-aligned.
struct NetlinkBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: some FixedWidthInteger) {
        for index in 0..<(value.bitWidth / 8) {
            let place = value.littleEndian
            bytes.append(UInt8(truncatingIfNeeded: place >> (8 * index)))
        }
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func attribute(_ type: UInt16, _ payload: [UInt8]) {
        append(UInt16(4 + payload.count))
        append(type)
        bytes += payload
        bytes += Array(repeating: 0, count: -payload.count & 3)
    }

    mutating func attribute(_ type: UInt16, _ value: some FixedWidthInteger) {
        var payload = NetlinkBytes()
        payload.append(value)
        attribute(type, payload.bytes)
    }

    mutating func attribute(_ type: UInt16, text: String) { attribute(type, Array(text.utf8) + [0]) }
}

/// Reads attributes; what is cut off or longer than its surroundings ends the reading.
struct NetlinkAttributes {
    private var values: [UInt16: [UInt8]] = [:]

    init(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let length = rest.number(at: 0, of: UInt16.self).map(Int.init), length >= 4, length <= rest.count,
            let type = rest.number(at: 2, of: UInt16.self)
        {
            // The two highest bits say that the value is nested, and in network order.
            values[type & 0x3fff] = Array(rest.dropFirst(4).prefix(length - 4))
            rest = rest.dropFirst((length + 3) & ~3)
        }
    }

    subscript(_ type: UInt16) -> [UInt8]? { values[type] }

    func number<Number: FixedWidthInteger>(_ type: UInt16) -> Number? {
        values[type].flatMap { $0[...].number(at: 0, of: Number.self) }
    }

    func text(_ type: UInt16) -> String? {
        values[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension ArraySlice<UInt8> {
    /// In host order, which is little-endian wherever this runs; nil behind the end.
    func number<Number: FixedWidthInteger>(at offset: Int, of type: Number.Type) -> Number? {
        let size = Number.bitWidth / 8
        guard count >= offset + size else { return nil }
        return (0..<size).reduce(0) { $0 | Number(truncatingIfNeeded: self[startIndex + offset + $1]) << (8 * $1) }
    }
}
