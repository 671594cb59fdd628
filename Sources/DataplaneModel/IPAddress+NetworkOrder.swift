// SPDX-License-Identifier: Apache-2.0

extension IPAddress {
    /// The four 32-bit words of an IPv6 address as they lie in memory, each in network byte order.
    package typealias NetworkWords = (UInt32, UInt32, UInt32, UInt32)

    /// - Parameter networkWord: a `__be32` as read from a map or a packet.
    package init(networkWord: UInt32) {
        self = .v4(UInt32(bigEndian: networkWord))
    }

    /// - Parameter networkWords: a `__be32[4]` as read from a map or a packet.
    package init(networkWords words: NetworkWords) {
        self = .v6(
            high: UInt64(UInt32(bigEndian: words.0)) << 32 | UInt64(UInt32(bigEndian: words.1)),
            low: UInt64(UInt32(bigEndian: words.2)) << 32 | UInt64(UInt32(bigEndian: words.3)))
    }

    /// Takes 4 or 16 bytes in network order; nil for any other count.
    package init?(networkBytes bytes: Span<UInt8>) {
        switch bytes.count {
        case 4:
            self = .v4(UInt32(truncatingIfNeeded: bigEndian(bytes, 0..<4)))
        case 16:
            self = .v6(high: bigEndian(bytes, 0..<8), low: bigEndian(bytes, 8..<16))
        default:
            return nil
        }
    }

    /// The `__be32` to write into a map; nil for IPv6.
    package var networkWord: UInt32? {
        guard case .v4(let bits) = self else { return nil }
        return bits.bigEndian
    }

    /// The `__be32[4]` to write into a map; nil for IPv4.
    package var networkWords: NetworkWords? {
        guard case .v6(let high, let low) = self else { return nil }
        return (
            UInt32(truncatingIfNeeded: high >> 32).bigEndian, UInt32(truncatingIfNeeded: high).bigEndian,
            UInt32(truncatingIfNeeded: low >> 32).bigEndian, UInt32(truncatingIfNeeded: low).bigEndian
        )
    }

    /// Lends the 4 or 16 bytes in network order.
    package func withNetworkBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        switch self {
        case .v4(let bits):
            let bytes = InlineArray<4, UInt8> { UInt8(truncatingIfNeeded: bits >> (24 - 8 * $0)) }
            return try body(bytes.span)
        case .v6(let high, let low):
            let bytes = InlineArray<16, UInt8> {
                UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * ($0 % 8)))
            }
            return try body(bytes.span)
        }
    }
}

private func bigEndian(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) }
}
