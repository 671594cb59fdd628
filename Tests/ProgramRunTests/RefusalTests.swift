// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// A service without backends answers as a closed port does: at once, and from the address that was asked for.
@Suite(.needsKernel) struct RefusalTests {
    private static let programs = ["from_workload", "to_uplink", "from_uplink"]
    private static let hooks = everyTransport.flatMap { family, transport in
        programs.map { (family, transport, $0) }
    }

    private func bench(_ family: AddressFamily, layer3: Bool = false) throws -> ProgramBench {
        let bench = try ProgramBench(Self.programs, family) { $0.layer3 = layer3 }
        try bench.serve(by: [])
        return bench
    }

    @Test(arguments: hooks.indices) func theFirstPacketTurnsIntoPortUnreachable(index: Int) throws {
        let (family, transport, program) = Self.hooks[index]
        let bench = try bench(family)
        let client = program == "to_uplink" ? bench.cast.node : bench.cast.client
        let packet = Ethernet() / IP(client, bench.cast.virtual) / Segment(transport, 40000, 80) / "data"
        try bench.expect(
            packet, by: program, gives: .redirect, portUnreachable(about: packet), counted: [.unreachableSent])
    }

    /// RFC 792 and RFC 4443 want the beginning of the packet; a longer one is cut, a shorter one grows.
    @Test(arguments: everyTransport) func theAnswerQuotesTheSameOfShortAndLongPackets(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        for size in [0, 1, 1400] {
            let packet =
                Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40000, 80)
                / Raw([UInt8](repeating: 0x5a, count: size))
            let answer = portUnreachable(about: packet)
            #expect(answer.bytes.count == Ethernet.size + (family == .v4 ? 20 + 8 + 28 : 40 + 8 + 48))
            try bench.expect(packet, gives: .redirect, answer, counted: [.unreachableSent])
        }
    }

    @Test(arguments: [TransportProtocol.tcp, .udp]) func ipv4OptionsAreQuotedAndNotAnswered(
        transport: TransportProtocol
    ) throws {
        let bench = try bench(.v4)
        for count in [4, 12, 40] {
            var header = IPv4(bench.cast.client, bench.cast.virtual)
            header.options = [UInt8](repeating: 1, count: count)
            let packet = Ethernet() / header / Segment(transport, 40000, 80) / "data"
            let answer = portUnreachable(about: packet)
            #expect(answer.bytes.count == Ethernet.size + 20 + 8 + 28 + count)
            try bench.expect(packet, gives: .redirect, answer, counted: [.unreachableSent])
        }
    }

    @Test(arguments: [TransportProtocol.tcp, .udp]) func ipv6ExtensionHeadersAreQuoted(
        transport: TransportProtocol
    ) throws {
        let bench = try bench(.v6)
        for count in 1...6 {
            var packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual)
            for _ in 0..<count { packet = packet / Extension(kind: 60) }
            packet = packet / Segment(transport, 40000, 80) / "data"
            try bench.expect(
                packet, gives: .redirect, answer(to: packet, .portUnreachable, transportBytes: 8 * count + 8),
                counted: [.unreachableSent])
        }
    }

    /// The answer has room for 56 bytes behind the IP header; the host stack knows what to do with more.
    @Test func aPacketWithTooMuchToQuoteIsLeftToTheHostStack() throws {
        let bench = try bench(.v6)
        let padding = Extension(kind: 60, body: [6, 1, 52] + [UInt8](repeating: 0, count: 52))
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / padding / UDP(40000, 80)
        try bench.expect(packet, gives: .pass, counted: [.noBackend])
    }

    /// Only what opens a flow is answered; a closed TCP port answers other segments with a reset, which is the host's.
    @Test(arguments: AddressFamily.allCases) func aSegmentThatOpensNothingIsNotAnswered(family: AddressFamily) throws {
        let bench = try bench(family)
        for flags: TCP.Flags in [.ack, .reset, [.syn, .ack], [.fin, .ack]] {
            let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / TCP(40000, 80, flags)
            try bench.expect(packet, gives: .pass, counted: [.noConnection])
        }
    }

    /// Every answer is counted, none makes an entry.
    @Test(arguments: everyTransport) func everyPacketIsAnsweredAnew(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let packets = (0..<UInt16(20)).map { port in
            Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40000 + port, 80)
        }
        let outcomes = try bench.run(packets.map(\.bytes))
        #expect(outcomes.map(\.packet) == packets.map { portUnreachable(about: $0).bytes })
        #expect(try bench.counters() == [.unreachableSent: 20])
        #expect(try bench.entries().isEmpty)
    }

    /// When its last backend goes, a service's tracked flows go on while new ones are refused.
    @Test(arguments: everyTransport) func aTrackedFlowIsNotRefused(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let old = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40000, 80)
        _ = try bench.run([old.bytes])
        try bench.serve(by: [])
        let new = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, 40001, 80)
        let outcomes = try bench.run([old.bytes, new.bytes])
        #expect(try Dissection(outcomes[0].packet).destination.address == bench.cast.local)
        #expect(outcomes[1].packet == portUnreachable(about: new).bytes)
    }
}
