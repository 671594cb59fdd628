// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// A pod calls a service whose backend is another pod of the node: both directions, from the first packet to the last.
@Suite(.needsKernel) struct ServiceFlowTests {
    /// The way there and back, straight into the pods.
    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.peer(bench.node.pods[1]), .peer(bench.node.pods[0]))
    }

    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol, from port: UInt16 = 40000) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: port),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
    }

    @Test(arguments: everyTransport) func theFirstPacketIsSentToTheBackendAndEnteredTwice(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40000, 80) / "ab"
        let output =
            Ethernet() / IP(bench.cast.client, bench.cast.local, ttl: 63) / Segment(transport, 40000, 8080) / "ab"
        try bench.expect(
            packet, gives: .redirect, output, counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: ways(bench), seen: transport == .tcp ? .syn : [],
                sent: (1, packet.ipLength)))
        let read = try Dissection(output.bytes)
        #expect(read.destination == flow.backend)
    }

    @Test(arguments: everyTransport) func theAnswerBearsTheServicesAddress(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: service, ways: ways(bench), seen: .syn, sent: (1, 40)))
        let packet =
            Ethernet() / IP(bench.cast.local, bench.cast.client)
            / Segment(transport, 8080, 40000, [.syn, .ack]) / "answer"
        let output =
            Ethernet() / IP(bench.cast.virtual, bench.cast.client, ttl: 63)
            / Segment(transport, 80, 40000, [.syn, .ack]) / "answer"
        try bench.expect(
            packet, at: bench.node.pods[1], gives: .redirect, output, counted: [.forwardPeer],
            entries: flow.entries(
                service: service, ways: ways(bench), seen: transport == .tcp ? [.syn, .synAck] : .syn,
                sent: (1, 40), answered: (1, packet.ipLength)))
    }

    /// Every segment moves the state in both entries, so that each tells all of it.
    @Test(.needsIngressOfRuns, arguments: AddressFamily.allCases)
    func aTCPConnectionGoesThroughItsStates(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .tcp)
        let steps: [(isReply: Bool, flags: TCP.Flags, seen: Entry.Seen)] = [
            (false, .syn, .syn),
            (true, [.syn, .ack], [.syn, .synAck]),
            (false, .ack, .established),
            (false, [.ack, .push], .established),
            (true, .ack, .established),
            (false, [.fin, .ack], [.established, .clientFin]),
            (true, [.fin, .ack], [.established, .clientFin, .backendFin]),
            (false, .ack, [.established, .clientFin, .backendFin]),
            (true, .reset, [.established, .clientFin, .backendFin, .reset]),
        ]
        var (sent, answered) = ((UInt64(0), UInt64(0)), (UInt64(0), UInt64(0)))
        for (number, step) in steps.enumerated() {
            let packet =
                step.isReply
                ? Ethernet() / IP(bench.cast.local, bench.cast.client) / TCP(8080, 40000, step.flags) / "data"
                : Ethernet() / IP(bench.cast.client, bench.cast.virtual) / TCP(40000, 80, step.flags) / "data"
            let output =
                step.isReply
                ? Ethernet() / IP(bench.cast.virtual, bench.cast.client, ttl: 63) / TCP(80, 40000, step.flags) / "data"
                : Ethernet() / IP(bench.cast.client, bench.cast.local, ttl: 63) / TCP(40000, 8080, step.flags) / "data"
            if step.isReply {
                answered = (answered.0 + 1, answered.1 + packet.ipLength)
            } else {
                sent = (sent.0 + 1, sent.1 + packet.ipLength)
            }
            try bench.expect(
                packet, at: bench.node.pods[step.isReply ? 1 : 0], gives: .redirect, output,
                counted: number == 0 ? [.forwardPeer, .newConnection] : [.forwardPeer],
                entries: flow.entries(
                    service: service, ways: ways(bench), seen: step.seen, sent: sent, answered: answered))
        }
    }

    @Test(arguments: everyTransport) func everyPacketAndByteIsCounted(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        var bytes: UInt64 = 0
        for size in [0, 1, 100, 1000] {
            let packet =
                Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40000, 80)
                / Raw([UInt8](repeating: 0x5a, count: size))
            bytes += packet.ipLength
            _ = try bench.run([packet.bytes])
        }
        let entry = try bench.entries()[flow.requestKey]
        #expect(entry?.packets == 4)
        #expect(entry?.bytes == bytes)
        #expect(try bench.entries()[flow.replyKey]?.packets == 0)
    }

    @Test func ipv4OptionsStayAndTheServiceIsHit() throws {
        let bench = try ProgramBench(.v4)
        let service = try bench.serve(by: bench.cast.local)
        for (number, count) in [4, 8, 40].enumerated() {
            let port = UInt16(40000 + number)
            var header = IPv4(bench.cast.client, bench.cast.virtual)
            header.options = [UInt8](repeating: 1, count: count)
            var translated = IPv4(bench.cast.client, bench.cast.local)
            translated.options = header.options
            translated.ttl = 63
            let packet = Ethernet() / header / TCP(port, 80, .syn, options: [2, 4, 5, 0xb4]) / "data"
            let output = Ethernet() / translated / TCP(port, 8080, .syn, options: [2, 4, 5, 0xb4]) / "data"
            let known = try bench.entries()
            let fresh = flow(bench, .tcp, from: port).entries(
                service: service, ways: ways(bench), seen: .syn, sent: (1, packet.ipLength))
            try bench.expect(
                packet, gives: .redirect, output, counted: [.forwardPeer, .newConnection],
                entries: known.merging(fresh) { $1 })
        }
    }

    /// RFC 768: a sender may leave the checksum out; then there is none to keep right.
    @Test func anAbsentUDPChecksumStaysAbsent() throws {
        let bench = try ProgramBench(.v4)
        let service = try bench.serve(by: bench.cast.local)
        let packet =
            Ethernet() / IP(bench.cast.client, bench.cast.virtual) / UDP(40000, 80, checksum: .absent) / "data"
        let output =
            Ethernet() / IP(bench.cast.client, bench.cast.local, ttl: 63) / UDP(40000, 8080, checksum: .absent)
            / "data"
        try bench.expect(
            packet, gives: .redirect, output, counted: [.forwardPeer, .newConnection],
            entries: flow(bench, .udp).entries(
                service: service, ways: ways(bench), sent: (1, packet.ipLength)))
    }

    /// A computed sum of zero would say "absent": it must become its other representation.
    @Test(arguments: AddressFamily.allCases) func aUDPChecksumThatComesOutAsZeroIsSentAsOnes(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        func translated(_ filling: UInt16) -> Packet {
            Ethernet() / IP(bench.cast.client, bench.cast.local, ttl: 63) / UDP(40000, 8080) / Raw(filling.bytes)
        }
        let checksum = (family == .v4 ? 34 : 54) + 6
        let filling = try #require(
            (UInt16.min...UInt16.max).first { filling in
                let bytes = translated(filling).bytes
                return bytes[checksum] == 0xff && bytes[checksum + 1] == 0xff
            })
        let packet =
            Ethernet() / IP(bench.cast.client, bench.cast.virtual) / UDP(40000, 80) / Raw(filling.bytes)
        let outcome = try bench.run([packet.bytes])[0]
        #expect(outcome.packet == translated(filling).bytes)
    }

    /// The field for the length has 16 bits; aggregated packets may be longer and then say zero.
    @Test(arguments: AddressFamily.allCases) func aLengthOfZeroStandsForTheWholePacket(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        func packet(_ destination: IPAddress, _ port: UInt16, ttl: UInt8) -> Packet {
            let inside = TCP(40000, port, .syn)
            switch family {
            case .v4:
                var header = IPv4(bench.cast.client, destination)
                (header.totalLength, header.ttl) = (0, ttl)
                return Ethernet() / header / inside / "data"
            case .v6:
                var header = IPv6(bench.cast.client, destination)
                (header.payloadLength, header.hopLimit) = (0, ttl)
                return Ethernet() / header / inside / "data"
            }
        }
        let outcome = try bench.run([packet(bench.cast.virtual, 80, ttl: 64).bytes])[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == packet(bench.cast.local, 8080, ttl: 63).bytes)
    }

    /// Sums are corrected, not computed anew: over many packets every one must still be right.
    @Test(arguments: everyTransport) func checksumsAreRightWhateverThePacket(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        var generator = SeededGenerator(seed: 7)
        let packets = (0..<400).map { _ in
            let content = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let port = UInt16.random(in: 1024...65535, using: &generator)
            let ttl = UInt8.random(in: 2...255, using: &generator)
            return Ethernet() / IP(bench.cast.client, bench.cast.virtual, ttl: ttl)
                / Segment(transport, port, 80) / Raw(content)
        }
        let outcomes = try bench.run(packets.map(\.bytes))
        for (packet, outcome) in zip(packets, outcomes) {
            let (before, after) = (try Dissection(packet.bytes), try Dissection(outcome.packet))
            #expect(after.destination == Endpoint(address: bench.cast.local, port: 8080))
            #expect(after.source == before.source)
            #expect(after.ttl == before.ttl - 1)
            #expect(after.payload == before.payload)
        }
    }

    @Test(arguments: everyTransport) func aFrontendThatNamesNoSlotIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["from_workload", "to_uplink"], family)
        try bench.writeFrontend(service: 9, firstSlot: 1024, slotCount: 2)
        for (program, client) in [("from_workload", bench.cast.client), ("to_uplink", bench.cast.node)] {
            let packet = Ethernet() / IP(client, bench.cast.virtual) / Segment(transport, 40000, 80)
            try bench.expect(packet, by: program, gives: .pass, counted: [.slotMissing])
        }
    }
}
