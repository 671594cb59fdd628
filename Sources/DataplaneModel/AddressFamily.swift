// SPDX-License-Identifier: Apache-2.0

/// The two families the dataplane serves; every map and program exists once for each.
package enum AddressFamily: Hashable, Comparable, Sendable, CaseIterable {
    case v4
    case v6

    /// The longest prefix of the family, in bits.
    package var bitWidth: Int { self == .v4 ? 32 : 128 }
}

extension AddressFamily: CustomStringConvertible {
    package var description: String { self == .v4 ? "IPv4" : "IPv6" }
}
