// SPDX-License-Identifier: Apache-2.0

/// A network interface as the kernel lists it.
package struct NetworkLink: Hashable, Sendable {
    /// The IFF_… bits that matter here; the raw value is the kernel's whole word.
    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        package static let up = Flags(rawValue: 0x1)
        package static let loopback = Flags(rawValue: 0x8)
        package static let pointToPoint = Flags(rawValue: 0x10)
        package static let running = Flags(rawValue: 0x40)
        package static let lowerUp = Flags(rawValue: 0x1_0000)
    }

    package let index: UInt32
    package let name: String

    /// The driver's word, such as `veth`, `vxlan`, `bridge`, `bond`, `vlan`; nil for hardware and `lo`.
    package let kind: String?

    /// The bridge, bond or VRF this link belongs to.
    package let masterIndex: UInt32?

    /// The other end of a veth, the device below a VLAN: IFLA_LINK.
    package let peerIndex: UInt32?

    /// True when ``peerIndex`` counts in another network namespace.
    package let isPeerElsewhere: Bool

    package let mtu: Int
    package let flags: Flags

    /// True when packets at its hooks start with an Ethernet header (ARPHRD_ETHER), `lo` included.
    package let hasEthernetHeader: Bool

    /// nil where the link layer has no six-byte address.
    package let macAddress: MACAddress?

    /// nil for every other kind of link.
    package internal(set) var vxlan: VXLANProperties?

    /// Administratively up, with or without carrier.
    package var isUp: Bool { flags.contains(.up) }

    package var isLoopback: Bool { flags.contains(.loopback) }
}

/// What tells one VXLAN device from another.
package struct VXLANProperties: Hashable, Sendable {
    /// UDP, host order.
    package let port: UInt16

    /// Its tunnels come from each packet's metadata, as BPF sets it: `external` of ip-link.
    package let isExternal: Bool

    package init(port: UInt16, isExternal: Bool) {
        self.port = port
        self.isExternal = isExternal
    }
}

/// A six-byte Ethernet address.
package struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// Exactly six, in the order of the wire.
    package let bytes: [UInt8]

    /// nil unless there are six bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// Locally administered and unicast, ending in `number`.
    package init(local number: UInt32) {
        bytes = [
            0x02, 0xeb, UInt8(number >> 24), UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255),
        ]
    }

    package var description: String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined(separator: ":")
    }
}
