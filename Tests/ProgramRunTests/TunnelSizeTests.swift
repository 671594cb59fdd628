// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// What does not fit through the overlay, and how TCP is kept from sending it.
@Suite(.needsKernel) struct TunnelSizeTests {
    private static let programs = ["from_uplink", "from_workload", "to_uplink"]

    /// Of uplinks of 1500 bytes: outer IP, UDP, VXLAN and inner Ethernet headers off.
    private func mtu(_ family: AddressFamily) -> Int { family == .v4 ? 1450 : 1430 }

    private func headers(_ family: AddressFamily) -> Int { family == .v4 ? 20 : 40 }

    /// A flow that this node forwards to another, and one that another has forwarded to it.
    private struct Ends {
        let bench: ProgramBench
        let forwarded: Flow
        let served: Flow

        init(_ family: AddressFamily, _ transport: TransportProtocol, isThroughStack: Bool = false) throws {
            bench = try ProgramBench(TunnelSizeTests.programs, family)
            let cast = bench.cast
            let client = Endpoint(address: cast.stranger, port: 40000)
            let asked = Endpoint(address: cast.node, port: 30080)
            forwarded = Flow(transport: transport, client: client, frontend: asked, backend: asked)
            let other = Endpoint(address: cast.otherNode, port: 30080)
            served = Flow(
                transport: transport, client: client, frontend: other,
                backend: Endpoint(address: cast.local, port: 8080))
            let back = Entry.Way.neighbour(bench.node.uplink, via: cast.gateway)
            let seen = forwarded.established
            try bench.write(
                forwarded.entries(
                    service: 3, ways: (.tunnel(cast.otherNode), back), flags: [.outside, .tunnel], seen: seen))
            try bench.write(
                served.entries(
                    service: 3, ways: (isThroughStack ? .stack : .peer(bench.node.pods[1]), .tunnel(cast.otherNode)),
                    flags: isThroughStack ? [.outside, .tunnel, .clientSide] : [.outside, .tunnel], seen: seen))
        }

        /// The client's next packet, of that many bytes from the IP header on.
        func request(length: Int, mayFragment: Bool = false) -> Packet {
            packet(forwarded.client, forwarded.frontend, length, mayFragment)
        }

        /// The pod's next packet.
        func reply(length: Int, mayFragment: Bool = false) -> Packet {
            packet(served.backend, served.client, length, mayFragment)
        }

        /// … as the client gets it.
        func translatedReply(length: Int, mayFragment: Bool = false) -> Packet {
            packet(served.frontend, served.client, length, mayFragment)
        }

        private func packet(_ source: Endpoint, _ destination: Endpoint, _ length: Int, _ mayFragment: Bool) -> Packet {
            var header = IP(source.address, destination.address)
            if mayFragment {
                var plain = IPv4(source.address, destination.address)
                plain.fragment = 0
                header = plain
            }
            let segment = Segment(served.transport, source.port, destination.port, .ack)
            let rest = length - Int((Ethernet() / header / segment).ipLength)
            return Ethernet() / header / segment / Raw([UInt8](repeating: 0x5a, count: rest))
        }
    }

    @Test(arguments: everyTransport) func whatJustFitsIsSent(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let ends = try Ends(family, transport)
        let (request, reply) = (ends.request(length: mtu(family)), ends.reply(length: mtu(family)))
        let outcomes = try ends.bench.run([request.bytes], by: "from_uplink")
        #expect(outcomes[0].packet == request.bytes)
        let answers = try ends.bench.run([reply.bytes], at: ends.bench.node.pods[1])
        #expect(answers[0].packet == ends.translatedReply(length: mtu(family)).bytes)
        #expect(try ends.bench.counters() == [.forwardTunnel: 2])
    }

    /// From the address that the packet was sent to, since the client knows no other.
    @Test(arguments: everyTransport) func aRequestThatDoesNotFitIsAnsweredWithTheSizeThatDoes(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let ends = try Ends(family, transport)
        for length in [mtu(family) + 1, 1500, 3000] {
            let packet = ends.request(length: length)
            let outcome = try ends.bench.run([packet.bytes], by: "from_uplink")[0]
            #expect(outcome.verdict == .redirect)
            #expect(outcome.packet == answer(to: packet, .tooBig, mtu: UInt32(mtu(family))).bytes)
        }
        #expect(try ends.bench.counters() == [.tooBigSent: 3])
    }

    /// The pod finds its own packet in the error, not the translated one.
    @Test(arguments: everyTransport) func anAnswerThatDoesNotFitIsAnsweredAsThePodSentIt(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let ends = try Ends(family, transport)
        let packet = ends.reply(length: mtu(family) + 1)
        let outcome = try ends.bench.run([packet.bytes], at: ends.bench.node.pods[1])[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == answer(to: packet, .tooBig, mtu: UInt32(mtu(family))).bytes)
        #expect(try ends.bench.counters() == [.tooBigSent: 1])
    }

    /// Back into the host stack, which knows the way to the pod.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func anAnswerThatDoesNotFitIsAnsweredAtTheUplinksEgressToo(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let ends = try Ends(family, transport, isThroughStack: true)
        let packet = ends.reply(length: mtu(family) + 1)
        let outcome = try ends.bench.run([packet.bytes], by: "to_uplink", ingress: ends.bench.node.pods[1])[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == answer(to: packet, .tooBig, mtu: UInt32(mtu(family))).bytes)
    }

    /// Without the DF flag the sender has allowed what happens to the outer packet.
    @Test(arguments: [TransportProtocol.tcp, .udp]) func whatMayBeFragmentedIsSentWhateverItsSize(
        transport: TransportProtocol
    ) throws {
        let ends = try Ends(.v4, transport)
        let (request, reply) = (
            ends.request(length: 1500, mayFragment: true), ends.reply(length: 1500, mayFragment: true)
        )
        #expect(try ends.bench.run([request.bytes], by: "from_uplink")[0].packet == request.bytes)
        let answer = try ends.bench.run([reply.bytes], at: ends.bench.node.pods[1])[0]
        #expect(answer.packet == ends.translatedReply(length: 1500, mayFragment: true).bytes)
        #expect(try ends.bench.counters() == [.forwardTunnel: 2])
    }

    /// It is cut into segments before it is wrapped.
    @Test(arguments: everyTransport) func anAggregatedPacketIsSentWhateverItsSize(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let ends = try Ends(family, transport)
        let request = ends.request(length: 3000)
        let outcome = try ends.bench.run([request.bytes], by: "from_uplink", segmentSize: 1300)[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == request.bytes)
        let reply = try ends.bench.run(
            [ends.reply(length: 3000).bytes], at: ends.bench.node.pods[1], segmentSize: 1300)[0]
        #expect(reply.packet == ends.translatedReply(length: 3000).bytes)
        #expect(try ends.bench.counters() == [.forwardTunnel: 2])
    }

    /// The size follows the uplinks'.
    @Test(arguments: AddressFamily.allCases) func theSizeIsThatOfTheSmallestUplink(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.node.uplinkMTU = 1400 }
        let asked = Endpoint(address: bench.cast.node, port: 30080)
        let flow = Flow(
            transport: .udp, client: Endpoint(address: bench.cast.stranger, port: 40000), frontend: asked,
            backend: asked)
        try bench.write(
            flow.entries(
                service: 3,
                ways: (.tunnel(bench.cast.otherNode), .neighbour(bench.node.uplink, via: bench.cast.gateway)),
                flags: [.outside, .tunnel]))
        let packet =
            Ethernet() / IP(flow.client.address, flow.frontend.address) / UDP(40000, 30080)
            / Raw([UInt8](repeating: 1, count: 1400))
        let outcome = try bench.run([packet.bytes], by: "from_uplink")[0]
        #expect(outcome.packet == answer(to: packet, .tooBig, mtu: UInt32(mtu(family) - 100)).bytes)
    }

    // What a SYN offers

    /// TCP options before and after; nil: as they were. `M` stands for the size that fits.
    private static let layouts: [(name: String, before: [UInt8], offset: Int?)] = [
        ("alone", [2, 4, 0x05, 0xb4], 2),
        ("as Linux sends it", [2, 4, 0x05, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7], 2),
        ("behind two fillers", [1, 1, 2, 4, 0x05, 0xb4, 1, 0], 4),
        ("at an odd offset", [1, 2, 4, 0x05, 0xb4, 0, 0, 0], 3),
        ("at an odd offset behind a window scale", [3, 3, 7, 2, 4, 0x05, 0xb4, 0], 5),
        ("last of all", [4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 2, 4, 0xff, 0xff], 14),
        ("of a loopback device", [2, 4, 0xff, 0xd7], 2),
        ("small already", [2, 4, 0x02, 0x18], nil),
        ("none", [], nil),
        ("behind the end", [0, 0, 0, 0, 2, 4, 0x05, 0xb4], nil),
        ("behind an option without length", [9, 0, 0, 0, 2, 4, 0x05, 0xb4], nil),
        ("cut short", [1, 1, 2, 4], nil),
    ]
    private static let layoutsOfFamilies = AddressFamily.allCases.flatMap { family in
        layouts.indices.map { (family, $0) }
    }

    private func clamped(_ layout: (name: String, before: [UInt8], offset: Int?), _ family: AddressFamily) -> [UInt8] {
        guard let offset = layout.offset else { return layout.before }
        var options = layout.before
        options.replaceSubrange(offset..<offset + 2, with: UInt16(mtu(family) - headers(family) - 20).bytes)
        return options
    }

    /// The first node's packet is not touched otherwise.
    @Test(arguments: layoutsOfFamilies.indices) func theClientsOfferIsLoweredToWhatFits(index: Int) throws {
        let (family, number) = Self.layoutsOfFamilies[index]
        let layout = Self.layouts[number]
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(
            at: [.nodePort],
            by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 8080), isLocal: false)])
        func packet(_ options: [UInt8]) -> [UInt8] {
            (Ethernet() / IP(bench.cast.stranger, bench.cast.node) / TCP(40000, 30080, .syn, options: options)).bytes
        }
        let outcome = try bench.run([packet(layout.before)], by: "from_uplink")[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == packet(clamped(layout, family)), "\(layout.name)")
    }

    @Test(.needsIngressOfRuns, arguments: layoutsOfFamilies.indices) func theBackendsOfferIsLoweredToWhatFits(
        index: Int
    ) throws {
        let (family, number) = Self.layoutsOfFamilies[index]
        let layout = Self.layouts[number]
        for isThroughStack in [false, true] {
            let ends = try Ends(family, .tcp, isThroughStack: isThroughStack)
            let flow = ends.served
            func packet(_ source: Endpoint, _ options: [UInt8]) -> [UInt8] {
                let segment = TCP(source.port, flow.client.port, [.syn, .ack], options: options)
                return (Ethernet() / IP(source.address, flow.client.address) / segment).bytes
            }
            let outcome = try ends.bench.run(
                [packet(flow.backend, layout.before)], by: isThroughStack ? "to_uplink" : "from_workload",
                at: isThroughStack ? nil : ends.bench.node.pods[1],
                ingress: isThroughStack ? ends.bench.node.pods[1] : 0
            )[0]
            #expect(outcome.verdict == .redirect)
            #expect(outcome.packet == packet(flow.frontend, clamped(layout, family)), "\(layout.name)")
        }
    }

    /// In DSR mode the reply does not cross the overlay, but the client's segments do: the SYN-ACK is what limits them.
    @Test(arguments: AddressFamily.allCases) func withDirectServerReturnBothOffersAreLowered(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = Flow(
            transport: .tcp, client: Endpoint(address: bench.cast.stranger, port: 40000),
            frontend: Endpoint(address: bench.cast.otherNode, port: 30080),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        try bench.write(
            flow.entries(
                service: 3,
                ways: (.peer(bench.node.pods[1]), .neighbour(bench.node.uplink, via: bench.cast.gateway)),
                flags: [.outside, .tunnel, .dsr], seen: .syn))
        func packet(_ source: Endpoint, _ size: UInt16, ttl: UInt8) -> Packet {
            Ethernet() / IP(source.address, flow.client.address, ttl: ttl)
                / TCP(source.port, 40000, [.syn, .ack], options: [2, 4] + size.bytes)
        }
        let fitting = UInt16(mtu(family) - headers(family) - 20)
        let outcome = try bench.run([packet(flow.backend, 1460, ttl: 64).bytes], at: bench.node.pods[1])[0]
        #expect(outcome.packet == packet(flow.frontend, fitting, ttl: 63).bytes)
    }

    /// The bytes of an option that a segment without SYN happens to bear mean nothing.
    @Test(arguments: AddressFamily.allCases) func onlyASYNIsLookedAt(family: AddressFamily) throws {
        let ends = try Ends(family, .tcp)
        let flow = ends.forwarded
        let packet =
            Ethernet() / IP(flow.client.address, flow.frontend.address)
            / TCP(40000, 30080, .ack, options: [2, 4, 0x05, 0xb4])
        #expect(try ends.bench.run([packet.bytes], by: "from_uplink")[0].packet == packet.bytes)
    }

    /// A flow that does not cross the overlay keeps what its ends have agreed on.
    @Test(arguments: AddressFamily.allCases) func aFlowOfThisNodeAloneKeepsItsOffer(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(
            at: [.nodePort], by: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: true)])
        func packet(_ destination: Endpoint, ttl: UInt8) -> Packet {
            Ethernet() / IP(bench.cast.stranger, destination.address, ttl: ttl)
                / TCP(40000, destination.port, .syn, options: [2, 4, 0x05, 0xb4])
        }
        let asked = Endpoint(address: bench.cast.node, port: 30080)
        let outcome = try bench.run([packet(asked, ttl: 64).bytes], by: "from_uplink")[0]
        #expect(outcome.packet == packet(Endpoint(address: bench.cast.local, port: 8080), ttl: 63).bytes)
    }
}
