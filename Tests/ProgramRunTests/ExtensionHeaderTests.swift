// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// IPv6 extension headers: those that a program steps over, and those behind which it does not look.
@Suite(.needsKernel) struct ExtensionHeaderTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]
    private static let transports: [TransportProtocol] = [.tcp, .udp]

    /// A routing header whose segments are used up, or are not.
    private static func routing(_ segmentsLeft: UInt8) -> Extension {
        Extension(kind: 43, body: [2, 0, segmentsLeft, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16))
    }

    private static let hopByHop = Extension(kind: 0)
    private static let destinationOptions = Extension(kind: 60)

    private static let served: [[Extension]] = [
        [hopByHop],
        [destinationOptions],
        [routing(0)],
        [Extension(kind: 60, body: [3, 1, 28] + [UInt8](repeating: 0, count: 28))],
        [hopByHop, destinationOptions, routing(0), destinationOptions],
        [hopByHop] + [Extension](repeating: destinationOptions, count: 5),
    ]

    private func packet(
        _ bench: ProgramBench, _ transport: TransportProtocol, to backend: Endpoint, _ extensions: [Extension],
        ttl: UInt8
    ) -> Packet {
        extensions.reduce(Ethernet() / IP(bench.cast.client, backend.address, ttl: ttl)) { $0 / $1 }
            / Segment(transport, 40000, backend.port) / "data"
    }

    @Test(arguments: transports, served.indices) func aPacketWithHeadersThatConcernNobodyHereIsServed(
        transport: TransportProtocol, index: Int
    ) throws {
        let bench = try ProgramBench(Self.programs, .v6)
        let service = try bench.serve(by: bench.cast.local)
        let flow = Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        let sent = packet(bench, transport, to: flow.frontend, Self.served[index], ttl: 64)
        try bench.expect(
            sent, gives: .redirect, packet(bench, transport, to: flow.backend, Self.served[index], ttl: 63),
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: (.peer(bench.node.pods[1]), .peer(bench.node.pods[0])), seen: flow.opened,
                sent: (1, sent.ipLength)))
    }

    /// Authentication and mobility; routing that is not over; one header more than anybody needs.
    private static let unserved: [[Extension]] = [
        [Extension(kind: 51, body: [1] + [UInt8](repeating: 0, count: 10))],
        [Extension(kind: 135)],
        [routing(1)],
        [hopByHop, routing(4)],
        [hopByHop] + [Extension](repeating: destinationOptions, count: 6),
    ]

    @Test(arguments: programs, unserved.indices) func aPacketWithOtherHeadersPasses(
        program: String, index: Int
    ) throws {
        let bench = try ProgramBench(Self.programs, .v6)
        try bench.serve(by: bench.cast.local)
        for transport in Self.transports {
            let frontend = Endpoint(address: bench.cast.virtual, port: 80)
            try bench.expect(
                packet(bench, transport, to: frontend, Self.unserved[index], ttl: 64), by: program, gives: .pass,
                counted: [.extensionHeader])
        }
    }

    /// The header says that it is longer than the packet.
    @Test(arguments: programs) func aHeaderThatReachesBeyondThePacketPasses(program: String) throws {
        let bench = try ProgramBench(Self.programs, .v6)
        try bench.serve(by: bench.cast.local)
        let long = Extension(kind: 60, body: [255, 1, 4, 0, 0, 0, 0])
        try bench.expect(
            Ethernet() / IP(bench.cast.client, bench.cast.virtual) / long / UDP(40000, 80), by: program, gives: .pass,
            counted: [.truncated])
    }

    /// Every length from the IP header's on: in each, the packet ends in a header.
    @Test func aPacketThatEndsInAnExtensionHeaderPasses() throws {
        let bench = try ProgramBench(Self.programs, .v6)
        try bench.serve(by: bench.cast.local)
        for kind: UInt8 in [0, 43, 44, 60] {
            for count in 0..<4 {
                let part = Raw(Array([17, 0, 0, 0].prefix(count)), number: UInt16(kind))
                // A length of zero stands for one that the field cannot say.
                guard count > 0 else { continue }
                try bench.expect(
                    Ethernet() / IP(bench.cast.client, bench.cast.virtual) / part, gives: .pass,
                    counted: [.extensionHeader])
            }
        }
    }

    /// RFC 8200: no next header.
    @Test func aPacketWithNothingInItPasses() throws {
        let bench = try ProgramBench(Self.programs, .v6)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Self.destinationOptions
        try bench.expect(packet, gives: .pass, counted: [.notTCPUDP])
    }

    @Test func anErrorBehindAnExtensionHeaderIsTranslated() throws {
        let bench = try ProgramBench(Self.programs, .v6)
        let flow = Flow(
            transport: .udp, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        try bench.write(flow.entries(service: 3, ways: (.peer(bench.node.pods[1]), .peer(bench.node.pods[0]))))
        func packet(_ sender: IPAddress, _ quote: Quote, ttl: UInt8) -> Packet {
            Ethernet() / IP(sender, flow.client.address, ttl: ttl) / Self.destinationOptions
                / ICMP(.v6, .portUnreachable) / quote
        }
        let quote = Quote(flow.translatedRequest())
        let sent = packet(flow.backend.address, quote, ttl: 64)
        let outcome = try bench.run([sent.bytes], at: bench.node.pods[1])[0]
        let expected = packet(
            flow.frontend.address, quote.readdressed(from: flow.client, to: flow.frontend), ttl: 63)
        #expect(outcome.packet == expected.bytes)
    }
}
