// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address without zone, held as host-order integers; IPv4 sorts before IPv6.
package enum IPAddress: Hashable, Comparable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    package var family: AddressFamily {
        switch self {
        case .v4: .v4
        case .v6: .v6
        }
    }

    /// 127.0.0.0/8 and ::1.
    package var isLoopback: Bool {
        switch self {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// 0.0.0.0 and ::.
    package var isUnspecified: Bool {
        switch self {
        case .v4(let bits): bits == 0
        case .v6(let high, let low): high == 0 && low == 0
        }
    }

    /// 224.0.0.0/4 and ff00::/8.
    package var isMulticast: Bool {
        switch self {
        case .v4(let bits): bits >> 28 == 0xE
        case .v6(let high, _): high >> 56 == 0xFF
        }
    }

    /// 169.254.0.0/16 and fe80::/10.
    package var isLinkLocal: Bool {
        switch self {
        case .v4(let bits): bits >> 16 == 0xA9FE
        case .v6(let high, _): high >> 54 == 0xFE80 >> 6
        }
    }

    /// The limited broadcast address 255.255.255.255; IPv6 has none.
    package var isBroadcast: Bool { self == .v4(.max) }

    /// True in ::ffff:0:0/96, which IPv6 sockets use for IPv4 peers.
    package var isV4Mapped: Bool {
        guard case .v6(let high, let low) = self else { return false }
        return high == 0 && low >> 32 == 0xFFFF
    }

    /// The IPv4 address inside a v4-mapped one, and every other address unchanged.
    package var unmapped: IPAddress {
        guard isV4Mapped, case .v6(_, let low) = self else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    /// The address with all bits after the first `length` cleared.
    ///
    /// - Parameter length: bits to keep, 0…`family.bitWidth`.
    package func masked(to length: Int) -> IPAddress {
        switch self {
        case .v4(let bits): .v4(bits & UInt32.max << (32 - length))
        case .v6(let high, let low):
            .v6(
                high: length < 64 ? high & UInt64.max << (64 - length) : high,
                low: length > 64 ? low & UInt64.max << (128 - length) : 0)
        }
    }
}
