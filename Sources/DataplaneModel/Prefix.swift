// SPDX-License-Identifier: Apache-2.0

/// An address block in CIDR notation whose host bits are zero; sorts by address, then shorter first.
package struct Prefix: Hashable, Sendable {
    package let address: IPAddress
    /// Bits that are fixed, 0…32 or 0…128.
    package let length: Int

    package var family: AddressFamily { address.family }

    /// True for a /32 or /128.
    package var isHost: Bool { length == family.bitWidth }

    /// The block of `length` bits around an address.
    ///
    /// - Parameter length: clamped to what the family has.
    package init(around address: IPAddress, length: Int) {
        self.length = min(max(length, 0), address.family.bitWidth)
        self.address = address.masked(to: self.length)
    }

    /// The /32 or /128 that holds only this address.
    package init(host address: IPAddress) {
        self.init(around: address, length: address.family.bitWidth)
    }

    /// False for every address of the other family.
    package func contains(_ candidate: IPAddress) -> Bool {
        candidate.family == family && candidate.masked(to: length) == address
    }

    /// True when every address of the other block lies in this one.
    package func contains(_ other: Prefix) -> Bool {
        other.length >= length && contains(other.address)
    }
}

extension Prefix: Comparable {
    package static func < (left: Prefix, right: Prefix) -> Bool {
        left.address == right.address ? left.length < right.length : left.address < right.address
    }
}

extension Prefix: CustomStringConvertible {
    package var description: String { "\(address)/\(length)" }
}
