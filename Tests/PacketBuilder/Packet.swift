// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// A packet as a sum of layers, `Ethernet() / IPv4(a, b) / TCP(40000, 80, .syn) / "hello"`.
///
/// Lengths, protocol numbers and checksums follow from the layers inside, unless a layer is told to lie.
package struct Packet: Sendable {
    package var layers: [any Layer]

    package init(layers: [any Layer]) { self.layers = layers }

    /// From the Ethernet header on.
    package var bytes: [UInt8] {
        let pseudo = layers.lazy.compactMap { $0.addresses }.first
        var inside: [UInt8] = []
        var number: UInt16?
        for layer in layers.reversed() {
            inside = layer.encode(around: inside, number: number, pseudo: pseudo)
            number = layer.number
        }
        return inside
    }

    /// Bytes from the IP header on, which is what connection entries count.
    package var ipLength: UInt64 { UInt64(bytes.count - Ethernet.size) }
}

package protocol Layer: Sendable {
    /// What the layer outside says this one is: an EtherType or an IP protocol; nil for data.
    var number: UInt16? { get }
    /// Source and destination of a network layer, for the checksums inside it.
    var addresses: PseudoHeader? { get }

    func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8]
}

extension Layer {
    package var addresses: PseudoHeader? { nil }
}

package func / (outer: any Layer, inner: any Layer) -> Packet { Packet(layers: [outer, inner]) }
package func / (packet: Packet, inner: any Layer) -> Packet { Packet(layers: packet.layers + [inner]) }

/// What TCP and UDP checksums cover beside the segment.
package struct PseudoHeader: Sendable {
    package let source: IPAddress
    package let destination: IPAddress

    package init(source: IPAddress, destination: IPAddress) {
        self.source = source
        self.destination = destination
    }

    package func checksum(of segment: [UInt8], number: UInt8) -> UInt16 {
        let length = UInt32(segment.count)
        return internetChecksum(
            source.bytes + destination.bytes + length.bytes + [0, 0, 0, number] + segment)
    }
}

/// RFC 1071: the complement of the one's complement sum of all 16-bit words.
package func internetChecksum(_ bytes: [UInt8]) -> UInt16 {
    var sum: UInt32 = 0
    for index in stride(from: 0, to: bytes.count, by: 2) {
        sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        sum = sum & 0xffff + sum >> 16
    }
    return ~UInt16(sum)
}

package struct Ethernet: Layer {
    package static let size = 14
    /// The machine that packets are for.
    package static let receiver: [UInt8] = [2, 0, 0, 0, 0, 1]

    /// Nil takes it from the layer inside.
    package var type: UInt16?
    /// On its way back: the two addresses change places.
    package var isTurned = false

    package init(type: UInt16? = nil) { self.type = type }

    package static var turned: Ethernet {
        var layer = Ethernet()
        layer.isTurned = true
        return layer
    }

    package var number: UInt16? { nil }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        let sender: [UInt8] = [2, 0, 0, 0, 0, 2]
        return (isTurned ? sender + Self.receiver : Self.receiver + sender) + (type ?? number ?? 0).bytes + inside
    }
}

package struct IPv4: Layer {
    package var source: IPAddress
    package var destination: IPAddress
    package var ttl: UInt8 = 64
    /// A multiple of four bytes.
    package var options: [UInt8] = []
    package var identification: UInt16 = 0x1234
    /// Flags and offset as they stand in the header.
    package var fragment: UInt16 = 0x4000
    package var version: UInt8 = 4
    /// In 32-bit words; nil for the truth.
    package var headerWords: UInt8?
    /// Nil for the truth.
    package var totalLength: UInt16?

    package init(_ source: IPAddress, _ destination: IPAddress) {
        self.source = source
        self.destination = destination
    }

    package var number: UInt16? { 0x0800 }
    package var addresses: PseudoHeader? { PseudoHeader(source: source, destination: destination) }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        let length = 20 + options.count
        var header: [UInt8] = [version << 4 | (headerWords ?? UInt8(length / 4)), 0]
        header += (totalLength ?? UInt16(length + inside.count)).bytes + identification.bytes + fragment.bytes
        header += [ttl, UInt8(truncatingIfNeeded: number ?? 0), 0, 0] + source.bytes + destination.bytes + options
        header.replaceSubrange(10..<12, with: internetChecksum(header).bytes)
        return header + inside
    }
}

package struct IPv6: Layer {
    package var source: IPAddress
    package var destination: IPAddress
    package var hopLimit: UInt8 = 64
    /// The lower 16 bits of the flow label.
    package var flow: UInt16 = 0x1234
    package var version: UInt8 = 6
    /// Nil for the truth.
    package var payloadLength: UInt16?

    package init(_ source: IPAddress, _ destination: IPAddress) {
        self.source = source
        self.destination = destination
    }

    package var number: UInt16? { 0x86dd }
    package var addresses: PseudoHeader? { PseudoHeader(source: source, destination: destination) }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        var header: [UInt8] = [version << 4, 0] + flow.bytes
        header += (payloadLength ?? UInt16(inside.count)).bytes
        header += [UInt8(truncatingIfNeeded: number ?? 59), hopLimit]
        return header + source.bytes + destination.bytes + inside
    }
}

/// The network layer of the addresses' family.
package func IP(_ source: IPAddress, _ destination: IPAddress, ttl: UInt8 = 64) -> any Layer {
    switch source.family {
    case .v4:
        var layer = IPv4(source, destination)
        layer.ttl = ttl
        return layer
    case .v6:
        var layer = IPv6(source, destination)
        layer.hopLimit = ttl
        return layer
    }
}

/// An IPv6 extension header: its kind, and all of it but the first byte.
package struct Extension: Layer {
    package let kind: UInt8
    package var body: [UInt8]

    package init(kind: UInt8, body: [UInt8] = [0, 1, 4, 0, 0, 0, 0]) {
        self.kind = kind
        self.body = body
    }

    package var number: UInt16? { UInt16(kind) }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number ?? 59)] + body + inside
    }
}

package struct TCP: Layer {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let fin = Flags(rawValue: 0x01)
        package static let syn = Flags(rawValue: 0x02)
        package static let reset = Flags(rawValue: 0x04)
        package static let push = Flags(rawValue: 0x08)
        package static let ack = Flags(rawValue: 0x10)
    }

    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var flags: Flags
    /// A multiple of four bytes.
    package var options: [UInt8] = []

    package init(_ sourcePort: UInt16, _ destinationPort: UInt16, _ flags: Flags, options: [UInt8] = []) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.flags = flags
        self.options = options
    }

    package var number: UInt16? { 6 }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        var segment = sourcePort.bytes + destinationPort.bytes + UInt32(0x0102_0304).bytes + UInt32(0).bytes
        segment += [UInt8(20 + options.count) << 2, flags.rawValue] + UInt16(64240).bytes + [0, 0, 0, 0]
        segment += options + inside
        segment.replaceSubrange(16..<18, with: (pseudo?.checksum(of: segment, number: 6) ?? 0).bytes)
        return segment
    }
}

package struct UDP: Layer {
    package enum Checksum: Sendable {
        case computed
        /// IPv4 only: the receiver does not check.
        case absent
    }

    package var sourcePort: UInt16
    package var destinationPort: UInt16
    package var checksum: Checksum

    package init(_ sourcePort: UInt16, _ destinationPort: UInt16, checksum: Checksum = .computed) {
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.checksum = checksum
    }

    package var number: UInt16? { 17 }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        var datagram = sourcePort.bytes + destinationPort.bytes + UInt16(8 + inside.count).bytes + [0, 0] + inside
        guard checksum == .computed, let pseudo else { return datagram }
        let sum = pseudo.checksum(of: datagram, number: 17)
        // RFC 768: a sum of zero is sent as its other representation.
        datagram.replaceSubrange(6..<8, with: (sum == 0 ? 0xffff : sum).bytes)
        return datagram
    }
}

/// TCP or UDP, as the transport says; the flags matter to TCP only.
package func Segment(
    _ transport: TransportProtocol, _ source: UInt16, _ destination: UInt16, _ flags: TCP.Flags = .syn
) -> any Layer {
    switch transport {
    case .tcp: TCP(source, destination, flags)
    case .udp: UDP(source, destination)
    }
}

/// Data, or a protocol that has no layer of its own.
package struct Raw: Layer {
    package let number: UInt16?
    package let content: [UInt8]

    package init(_ content: [UInt8], number: UInt16? = nil) {
        self.content = content
        self.number = number
    }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] { content + inside }
}

extension String: Layer {
    package var number: UInt16? { nil }

    package func encode(around inside: [UInt8], number: UInt16?, pseudo: PseudoHeader?) -> [UInt8] {
        Array(utf8) + inside
    }
}

extension FixedWidthInteger {
    /// In network order.
    package var bytes: [UInt8] {
        (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> (Self.bitWidth - 8 * ($0 + 1))) }
    }
}

extension IPAddress {
    /// In network order.
    package var bytes: [UInt8] {
        withNetworkBytes { (span: Span<UInt8>) in span.indices.map { span[$0] } }
    }

    /// For fixtures: an address that is known to be well formed.
    package static func of(_ text: String) -> IPAddress {
        (try? IPAddress(text)) ?? .v4(0)
    }
}
