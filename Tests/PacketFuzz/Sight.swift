// SPDX-License-Identifier: Apache-2.0

/// What a packet is by the RFCs, as far as it can belong to a flow of TCP or UDP.
///
/// Written from RFC 791, 792, 768, 4443, 8200 and 9293, not from the programs. Where those leave open what a box in the
/// middle makes of a packet, a wrong header checksum or a transport's own lengths, it is taken for what it says it is:
/// its ends judge.
struct Sight {
    enum Kind {
        case whole
        case firstFragment
        /// Its ports are those that the first fragment had.
        case laterFragment
        /// An ICMP error; the tuple is that of the packets that its sender gets.
        case error
    }

    var kind = Kind.whole
    /// As it stands in the packet; no ports in later fragments.
    var tuple: Tuple
    /// Offset of the transport's header, or of ICMP's.
    var transport = 0
    /// Offset behind the datagram; the frame may be longer.
    var end = 0
    var ttl: UInt8
    var tcpFlags: UInt8 = 0
    var fragment: UInt32 = 0
    /// Offset of the IP header that an ICMP error quotes, and of the ports behind it.
    var quoted = 0
    var quotedPorts = 0
    /// The addresses of the packet itself.
    var outer: (source: Address, destination: Address)

    /// TCP's first segment, or anything of UDP.
    var opens: Bool {
        guard kind == .whole || kind == .firstFragment else { return false }
        return tuple.transport == Wire.udp || tcpFlags & 0x12 == 0x02
    }

    /// Nil when the packet is of no flow.
    init?(_ bytes: [UInt8], _ length: Int, isV4: Bool) {
        let size = isV4 ? 4 : 16
        let first = Wire.ethernet + (isV4 ? 12 : 8)
        guard length >= Wire.ethernet + (isV4 ? 20 : 40) else { return nil }
        let source = Address(bytes, first, size: size)
        let destination = Address(bytes, first + size, size: size)
        outer = (source, destination)
        ttl = bytes[Wire.ethernet + (isV4 ? 8 : 7)]
        tuple = Tuple(End(source, 0), End(destination, 0), 0)
        guard isV4 ? readV4(bytes, length) : readV6(bytes, length) else { return nil }
        guard readTransport(bytes, isV4: isV4) else { return nil }
    }

    private mutating func readV4(_ bytes: [UInt8], _ length: Int) -> Bool {
        let start = Wire.ethernet
        let header = Int(bytes[start] & 15) * 4
        var total = Int(Wire.word(bytes, start + 2))
        if total == 0 { total = length - start }
        guard bytes[start] >> 4 == 4, header >= 20, total >= header, start + total <= length else { return false }
        end = start + total
        transport = start + header
        tuple.transport = bytes[start + 9]
        let flags = Wire.word(bytes, start + 6)
        fragment = UInt32(Wire.word(bytes, start + 4))
        if flags & 0x1fff != 0 {
            kind = .laterFragment
        } else if flags & 0x2000 != 0 {
            kind = .firstFragment
        }
        return true
    }

    private mutating func readV6(_ bytes: [UInt8], _ length: Int) -> Bool {
        let start = Wire.ethernet
        var payload = Int(Wire.word(bytes, start + 4))
        if payload == 0 { payload = length - start - 40 }
        guard bytes[start] >> 4 == 6, start + 40 + payload <= length else { return false }
        end = start + 40 + payload
        transport = start + 40
        tuple.transport = bytes[start + 6]
        while kind != .laterFragment, isExtension(tuple.transport) {
            guard readExtension(bytes) else { return false }
        }
        return true
    }

    /// One header of hop-by-hop options, routing, destination options or a fragment.
    private mutating func readExtension(_ bytes: [UInt8]) -> Bool {
        guard transport + 8 <= end else { return false }
        let number = tuple.transport
        tuple.transport = bytes[transport]
        if number == 44 {
            let field = Wire.word(bytes, transport + 2)
            fragment = UInt32(Wire.word(bytes, transport + 4)) << 16 | UInt32(Wire.word(bytes, transport + 6))
            if field & 0xfff8 != 0 {
                kind = .laterFragment
            } else if field & 1 != 0 {
                kind = .firstFragment
            }
            transport += 8
            return true
        }
        // The destination of a source route is not the last one yet.
        if number == 43, bytes[transport + 3] != 0 { return false }
        transport += (Int(bytes[transport + 1]) + 1) * 8
        return true
    }

    private mutating func readTransport(_ bytes: [UInt8], isV4: Bool) -> Bool {
        switch tuple.transport {
        case isV4 ? 1 : 58: return kind == .whole && readError(bytes, isV4: isV4)
        case Wire.tcp, Wire.udp: break
        default: return false
        }
        if kind == .laterFragment { return true }
        guard transport + (tuple.transport == Wire.tcp ? 20 : 8) <= end else { return false }
        tuple.source.port = Wire.word(bytes, transport)
        tuple.destination.port = Wire.word(bytes, transport + 2)
        if tuple.transport == Wire.tcp { tcpFlags = bytes[transport + 13] }
        return true
    }

    private mutating func readError(_ bytes: [UInt8], isV4: Bool) -> Bool {
        quoted = transport + 8
        guard quoted + (isV4 ? 20 : 40) <= end else { return false }
        let type = bytes[transport]
        guard isV4 ? type == 3 || type == 4 || type == 11 || type == 12 : (1...4).contains(type) else { return false }
        let (first, size) = isV4 ? (quoted + 12, 4) : (quoted + 8, 16)
        if isV4 {
            let header = Int(bytes[quoted] & 15) * 4
            guard bytes[quoted] >> 4 == 4, header >= 20, Wire.word(bytes, quoted + 6) & 0x1fff == 0 else {
                return false
            }
            quotedPorts = quoted + header
        } else {
            guard bytes[quoted] >> 4 == 6 else { return false }
            quotedPorts = quoted + 40
        }
        guard quotedPorts + 4 <= end else { return false }
        tuple.transport = bytes[quoted + (isV4 ? 9 : 6)]
        guard tuple.transport == Wire.tcp || tuple.transport == Wire.udp else { return false }
        // The quoted packet went the other way.
        tuple.source = End(Address(bytes, first + size, size: size), Wire.word(bytes, quotedPorts + 2))
        tuple.destination = End(Address(bytes, first, size: size), Wire.word(bytes, quotedPorts))
        kind = .error
        // An error goes to whom it is about.
        return outer.destination == tuple.destination.address
    }
}

/// Hop-by-hop options, routing, fragment, destination options.
private func isExtension(_ number: UInt8) -> Bool { number == 0 || number == 43 || number == 44 || number == 60 }
