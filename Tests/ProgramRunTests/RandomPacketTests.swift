// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

/// Packets that nobody would send; the same ones in every run.
@Suite(.needsKernel) struct RandomPacketTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink", "from_overlay"]
    private static let programsOfFamilies = AddressFamily.allCases.flatMap { family in
        programs.map { (family, $0) }
    }
    private static let count = 1500
    /// What this and newer kernels insist on: an Ethernet header and one of IP.
    private static let shortest = Ethernet.size + 40

    /// All features that look into packets, and a connection of each kind.
    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        let bench = try ProgramBench(Self.programs, family)
        let cast = bench.cast
        try bench.serve(
            at: [.clusterIP(cast.virtual), .nodePort],
            by: [
                Backend(endpoint: Endpoint(address: cast.local, port: 8080), isLocal: true),
                Backend(endpoint: Endpoint(address: cast.remote, port: 8080), isLocal: false),
            ])
        for transport in [TransportProtocol.tcp, .udp] {
            for (client, flags) in [(cast.client, Entry.Flags()), (cast.stranger, Entry.Flags([.outside, .tunnel]))] {
                let flow = Flow(
                    transport: transport, client: Endpoint(address: client, port: 40000),
                    frontend: Endpoint(address: cast.virtual, port: 80),
                    backend: Endpoint(address: cast.local, port: 8080))
                let back = flags.isEmpty ? Entry.Way.peer(bench.node.pods[0]) : .tunnel(cast.otherNode)
                try bench.write(
                    flow.entries(
                        service: 70, ways: (.peer(bench.node.pods[1]), back), flags: flags, seen: flow.established))
            }
        }
        return bench
    }

    /// Well-formed packets of all sorts between two addresses, to begin with.
    private func seeds(_ source: IPAddress, _ destination: IPAddress) -> [Packet] {
        let family = source.family
        let outer = Ethernet() / IP(source, destination)
        let inner = Ethernet() / IP(destination, source) / UDP(8080, 40000) / "data"
        var packets: [Packet] = [
            outer / TCP(40000, 80, .syn, options: [2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0]) / "data",
            outer / TCP(8080, 40000, [.syn, .ack], options: [2, 4, 5, 0xb4]) / "data",
            outer / TCP(40000, 80, .ack) / "some more data",
            outer / UDP(40000, 80) / "some data",
            outer / UDP(8080, 40000) / "some data",
            outer / UDP(50000, EnableOptions.defaultOverlayPort) / "some data of the overlay",
        ]
        packets += ICMP.Error.allCases.map { outer / ICMP(family, $0) / Quote(inner) / "more" }
        if family == .v4 {
            for fragment: UInt16 in [0x2000, 0x2003, 0x0003] {
                var header = IPv4(source, destination)
                (header.fragment, header.options) = (fragment, [1, 1, 1, 0])
                packets.append(Ethernet() / header / UDP(40000, 80) / "some data in pieces")
            }
        } else {
            for kind: UInt8 in [0, 43, 60, 51] {
                packets.append(outer / Extension(kind: kind) / TCP(40000, 80, .syn) / "data")
            }
            for field: UInt8 in [0, 1, 8, 9] {
                let fragment = Extension(kind: 44, body: [0, 0, field, 1, 2, 3, 4])
                packets.append(outer / Extension(kind: 60) / fragment / UDP(40000, 80) / "some data")
            }
        }
        return packets
    }

    /// Changes some bytes behind the Ethernet header, and cuts or lengthens.
    private func spoil(
        _ packet: Packet, keeping kept: Range<Int>, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var bytes = packet.bytes
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let index = Int.random(in: Ethernet.size..<bytes.count, using: &generator)
            if !kept.contains(index) { bytes[index] = .random(in: 0...255, using: &generator) }
        }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: bytes.removeLast(Int.random(in: 0...max(0, bytes.count - Self.shortest), using: &generator))
        case 1:
            bytes += (0..<Int.random(in: 1...1000, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
        default: break
        }
        return bytes + [UInt8](repeating: 0, count: max(0, Self.shortest - bytes.count))
    }

    /// Where a header has its addresses.
    private func addresses(_ family: AddressFamily) -> Range<Int> { family == .v4 ? 26..<34 : 22..<54 }

    /// How many of the packets took an exit: each takes exactly one.
    private func exits(_ bench: ProgramBench) throws -> UInt64 {
        try bench.counters().filter { $0.key.outcome != .event }.values.reduce(0, +)
    }

    @Test(arguments: programsOfFamilies) func whatIsOfNoServiceLeavesByteByByteAsItCame(
        family: AddressFamily, program: String
    ) throws {
        let bench = try bench(family)
        var generator = SeededGenerator(seed: 23)
        // Neither end is known, in whatever role; the addresses stay as they are.
        let seeds = self.seeds(bench.cast.gateway, bench.cast.unreachable)
        let packets = (0..<Self.count).map { number in
            spoil(seeds[number % seeds.count], keeping: addresses(family), &generator)
        }
        let known = try bench.entries()
        let outcomes = try bench.run(packets, by: program)
        for (packet, outcome) in zip(packets, outcomes) {
            #expect(outcome.verdict == (program == "from_overlay" ? .drop : .pass))
            #expect(outcome.packet == packet)
        }
        #expect(try bench.entries() == known)
        #expect(try exits(bench) == UInt64(packets.count))
    }

    /// A packet that is left to others is left as it was, none is dropped half-written, each is counted once.
    @Test(arguments: programsOfFamilies) func whateverIsSentToAServiceIsServedOrLeftAsItWas(
        family: AddressFamily, program: String
    ) throws {
        let bench = try bench(family)
        let cast = bench.cast
        var generator = SeededGenerator(seed: 29)
        let ends = [
            (cast.client, cast.virtual), (cast.stranger, cast.virtual), (cast.local, cast.client),
            (cast.local, cast.stranger), (cast.stranger, cast.node),
        ]
        let seeds = ends.flatMap { self.seeds($0.0, $0.1) }
        let packets = (0..<2 * Self.count).map { number in
            spoil(seeds[number % seeds.count], keeping: 0..<0, &generator)
        }
        var served = 0
        for packet in packets {
            let before = try bench.counters()[.forwardStack] ?? 0
            let outcome = try bench.run([packet], by: program)[0]
            let isTranslated = try bench.counters()[.forwardStack] ?? 0 > before
            switch outcome.verdict {
            case .pass where !isTranslated: #expect(outcome.packet == packet)
            case .pass, .redirect: served += 1
            case .drop: #expect(program == "from_overlay")
            case nil: Issue.record("no verdict that a program should give")
            }
        }
        #expect(try bench.counters()[.writeFailed] == nil)
        #expect(try exits(bench) == UInt64(packets.count))
        #expect(program == "from_overlay" ? served == 0 : served > 40, "\(served)")
        #expect(try bench.keysWithDirtyPadding() == [])
    }

    /// Nothing about it is right, but for the Ethernet header.
    @Test(arguments: programsOfFamilies) func noisePasses(family: AddressFamily, program: String) throws {
        let bench = try bench(family)
        var generator = SeededGenerator(seed: 31)
        let header = Ethernet(type: family == .v4 ? 0x0800 : 0x86dd)
        let packets = (0..<Self.count).map { _ in
            let size = Int.random(in: 40...400, using: &generator)
            var noise = (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Else one packet of sixteen would get past the version.
            if Bool.random(using: &generator) { noise[0] = family == .v4 ? 0x45 : 0x60 }
            return (header / Raw(noise)).bytes
        }
        let outcomes = try bench.run(packets, by: program)
        for (packet, outcome) in zip(packets, outcomes) {
            #expect(outcome.verdict == (program == "from_overlay" ? .drop : .pass))
            #expect(outcome.packet == packet)
        }
        #expect(try exits(bench) == UInt64(packets.count))
    }
}
