// SPDX-License-Identifier: Apache-2.0

/// An address of either family as a number; IPv4's are in `low`.
package struct Address: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64 = 0, low: UInt64 = 0) { (self.high, self.low) = (high, low) }

    /// - Parameter bytes: 4 or 16, in network order.
    package init(_ bytes: [UInt8]) {
        self.init(bytes, 0, size: bytes.count)
    }

    init(_ bytes: [UInt8], _ offset: Int, size: Int) {
        self.init()
        for index in 0..<size {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(bytes[offset + index])
        }
    }

    func write(to bytes: inout [UInt8], _ offset: Int, size: Int) {
        var (high, low) = (high, low)
        for index in stride(from: size - 1, through: 0, by: -1) {
            bytes[offset + index] = UInt8(truncatingIfNeeded: low)
            low = low >> 8 | high << 56
            high >>= 8
        }
    }

    var isZero: Bool { high | low == 0 }

    /// Without the last bits, at most 64.
    func prefix(_ rest: UInt64) -> Address { Address(high: high, low: low >> rest) }
}

package struct End: Hashable, Sendable {
    package var address: Address
    package var port: UInt16

    package init(_ address: Address, _ port: UInt16) { (self.address, self.port) = (address, port) }
}

/// What tells a flow's packets of one direction from all others.
package struct Tuple: Hashable, Sendable {
    package var source: End
    package var destination: End
    package var transport: UInt8

    package init(_ source: End, _ destination: End, _ transport: UInt8) {
        (self.source, self.destination, self.transport) = (source, destination, transport)
    }

    var reversed: Tuple { Tuple(destination, source, transport) }
}

/// The fields that a program may write, and the bytes around them.
enum Wire {
    static let ethernet = 14
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17

    static func word(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    static func put(_ word: UInt16, to bytes: inout [UInt8], _ offset: Int) {
        bytes[offset] = UInt8(truncatingIfNeeded: word >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: word)
    }

    /// RFC 1071: the one's complement sum of the words of a range, of which 0 and 0xffff are the same number.
    static func sum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
        var sum: UInt64 = 0
        var index = range.lowerBound
        while index + 1 < range.upperBound {
            sum += UInt64(bytes[index]) << 8 | UInt64(bytes[index + 1])
            index += 2
        }
        if index < range.upperBound { sum += UInt64(bytes[index]) << 8 }
        return UInt32(sum % 0xffff)
    }

    /// The first bytes alike.
    static func equal(_ one: [UInt8], _ other: [UInt8], _ count: Int) -> Bool {
        var difference: UInt8 = 0
        guard count <= one.count, count <= other.count else { return false }
        for index in 0..<count { difference |= one[index] ^ other[index] }
        return difference == 0
    }
}
