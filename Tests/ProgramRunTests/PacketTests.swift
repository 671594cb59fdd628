// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import Testing

struct PacketTests {
    /// The example of RFC 1071, section 3: the sum is ddf2.
    @Test func checksumOfThePublishedExample() {
        #expect(internetChecksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]) == ~0xddf2)
        #expect(internetChecksum([0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6]) == ~0xdcfb)
    }

    /// A DNS query seen on a wire, from 192.168.0.1 to 192.168.0.199, without its data.
    @Test func headerChecksumOfAPublishedPacket() {
        var header = IPv4(.of("192.168.0.1"), .of("192.168.0.199"))
        header.totalLength = 0x73
        let packet = Ethernet() / header / Raw([], number: 17)
        let sum = Array(packet.bytes[24..<26])
        // The published one has identification 0 where this one has 0x1234: b861 less 1234.
        #expect(sum == [0xa6, 0x2d])
    }

    @Test(arguments: AddressFamily.allCases, [TransportProtocol.tcp, .udp])
    func whatIsBuiltIsReadBack(family: AddressFamily, transport: TransportProtocol) throws {
        let cast = Cast(family)
        let packet = Ethernet() / IP(cast.client, cast.virtual, ttl: 9) / Segment(transport, 40000, 80) / "odd"
        let read = try Dissection(packet.bytes)
        #expect(read.transport == transport)
        #expect(read.source == Endpoint(address: cast.client, port: 40000))
        #expect(read.destination == Endpoint(address: cast.virtual, port: 80))
        #expect(read.ttl == 9)
        #expect(read.payload == Array("odd".utf8))
    }

    @Test(arguments: AddressFamily.allCases) func aFlippedBitIsFound(family: AddressFamily) {
        let cast = Cast(family)
        var bytes = (Ethernet() / IP(cast.client, cast.virtual) / TCP(40000, 80, .syn) / "x").bytes
        bytes[bytes.count - 1] ^= 1
        #expect(throws: Dissection.Fault.transportChecksum) { try Dissection(bytes) }
    }
}
