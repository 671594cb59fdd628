// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// ICMP or ICMPv6, as the family says; what is inside is an error's quote or an echo's data.
package struct ICMP: Layer {
    /// The errors that a router or a receiver sends.
    package enum Error: CaseIterable {
        case portUnreachable
        case tooBig
        case timeExceeded
        case parameterProblem
    }

    package let family: AddressFamily
    package var type: UInt8
    package var code: UInt8
    /// Behind the checksum.
    package var word: UInt32

    package init(_ family: AddressFamily, type: UInt8, code: UInt8 = 0, word: UInt32 = 0) {
        (self.family, self.type, self.code, self.word) = (family, type, code, word)
    }

    /// - Parameter mtu: of a packet that is too big.
    package init(_ family: AddressFamily, _ error: Error, mtu: UInt32 = 0) {
        let (type, code): (UInt8, UInt8) =
            switch error {
            case .portUnreachable: family == .v4 ? (3, 3) : (1, 4)
            case .tooBig: family == .v4 ? (3, 4) : (2, 0)
            case .timeExceeded: family == .v4 ? (11, 0) : (3, 0)
            case .parameterProblem: family == .v4 ? (12, 0) : (4, 0)
            }
        self.init(family, type: type, code: code, word: mtu)
    }

    package var number: UInt16? { family == .v4 ? 1 : 58 }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        var message = [type, code, 0, 0] + word.bytes + inside
        let sum = family == .v4 ? internetChecksum(message) : pseudo?.checksum(of: message, number: 58) ?? 0
        message.replaceSubrange(2..<4, with: sum.bytes)
        return message
    }
}

/// The beginning of a packet as an ICMP error carries it.
package struct Quote {
    package private(set) var bytes: [UInt8]
    /// How long the headers before the transport's are.
    private let header: Int

    /// - Parameter transportBytes: how much it holds of what follows the IP header.
    package init(_ packet: Packet, transportBytes: Int = 8) {
        let all = Array(packet.bytes.dropFirst(Ethernet.size))
        header = all[0] >> 4 == 4 ? Int(all[0] & 15) * 4 : 40
        bytes = Array(all.prefix(header + transportBytes))
    }

    /// The same packet between others; the transport's own checksum, which is hardly ever quoted, is left alone.
    package func readdressed(from source: Endpoint, to destination: Endpoint) -> Quote {
        var copy = self
        let addresses = source.address.family == .v4 ? 12 : 8
        let both = source.address.bytes + destination.address.bytes
        copy.bytes.replaceSubrange(addresses..<addresses + both.count, with: both)
        copy.bytes.replaceSubrange(header..<header + 4, with: source.port.bytes + destination.port.bytes)
        if source.address.family == .v4 {
            copy.bytes.replaceSubrange(10..<12, with: [0, 0])
            copy.bytes.replaceSubrange(10..<12, with: internetChecksum(Array(copy.bytes[..<header])).bytes)
        }
        return copy
    }
}

extension Quote: Layer {
    package var number: UInt16? { nil }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] { bytes + inside }
}
