// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder

/// What a receiver reads in a TCP or UDP packet without fragments and extension headers.
struct Dissection: Hashable {
    enum Fault: Error, Hashable {
        case tooShort
        case unknownProtocol(UInt8)
        /// The IPv4 header's sum is not zero.
        case headerChecksum
        case transportChecksum
    }

    let transport: TransportProtocol
    let source: Endpoint
    let destination: Endpoint
    let ttl: UInt8
    let payload: [UInt8]

    init(_ bytes: [UInt8]) throws(Fault) {
        let packet = Array(bytes.dropFirst(Ethernet.size))
        guard packet.count >= 20 else { throw .tooShort }
        let isV4 = packet[0] >> 4 == 4
        let header = isV4 ? Int(packet[0] & 15) * 4 : 40
        guard packet.count >= header + 8 else { throw .tooShort }
        if isV4, internetChecksum(Array(packet[..<header])) != 0 { throw .headerChecksum }
        let number = packet[isV4 ? 9 : 6]
        guard let transport = TransportProtocol(rawValue: number) else { throw .unknownProtocol(number) }
        let (start, size) = isV4 ? (12, 4) : (8, 16)
        let addresses = (0...1).map { IPAddress(networkOrder: packet[(start + $0 * size)...].prefix(size)) }
        let segment = Array(packet[header...])
        let pseudo = PseudoHeader(source: addresses[0], destination: addresses[1])
        let isUnchecked = transport == .udp && segment[6] == 0 && segment[7] == 0 && isV4
        if !isUnchecked, pseudo.checksum(of: segment, number: number) != 0 { throw .transportChecksum }
        let headerSize = transport == .udp ? 8 : Int(segment[12] >> 4) * 4
        guard segment.count >= headerSize else { throw .tooShort }
        self.transport = transport
        source = Endpoint(address: addresses[0], port: UInt16(segment[0]) << 8 | UInt16(segment[1]))
        destination = Endpoint(address: addresses[1], port: UInt16(segment[2]) << 8 | UInt16(segment[3]))
        ttl = packet[isV4 ? 8 : 7]
        payload = Array(segment[headerSize...])
    }
}

extension IPAddress {
    fileprivate init(networkOrder bytes: ArraySlice<UInt8>) {
        self = IPAddress(networkBytes: Array(bytes).span) ?? .v4(0)
    }
}
