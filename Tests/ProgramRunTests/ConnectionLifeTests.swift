// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// How long an entry counts, what it is replaced by, and whose it is.
@Suite(.needsKernel) struct ConnectionLifeTests {
    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol, to backend: IPAddress? = nil) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: backend ?? bench.cast.local, port: 8080))
    }

    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.peer(bench.node.pods[1]), .peer(bench.node.pods[0]))
    }

    private func request(_ flow: Flow, _ flags: TCP.Flags = .syn) -> Packet {
        Ethernet() / IP(flow.client.address, flow.frontend.address)
            / Segment(flow.transport, flow.client.port, flow.frontend.port, flags)
    }

    private func translated(_ flow: Flow, _ flags: TCP.Flags = .syn) -> Packet {
        Ethernet() / IP(flow.client.address, flow.backend.address, ttl: 63)
            / Segment(flow.transport, flow.client.port, flow.backend.port, flags)
    }

    /// Each state of a connection, with its idle time in ``ProgramBench/timeouts``.
    private static let phases: [(TransportProtocol, Entry.Seen, ConnectionTimeouts.Phase)] = [
        (.tcp, .syn, .tcpSynSent),
        (.tcp, [.syn, .synAck], .tcpSynSent),
        (.tcp, .established, .tcpEstablished),
        (.tcp, [.established, .clientFin], .tcpEstablished),
        (.tcp, [.established, .backendFin], .tcpEstablished),
        (.tcp, [.established, .clientFin, .backendFin], .tcpFinsSeen),
        (.tcp, [.established, .reset], .tcpResetSeen),
        (.tcp, [.established, .clientFin, .backendFin, .reset], .tcpResetSeen),
        (.udp, [], .udp),
    ]

    private static let phasesOfFamilies = AddressFamily.allCases.flatMap { family in
        phases.map { (family, $0.0, $0.1, $0.2) }
    }

    @Test(arguments: phasesOfFamilies.indices) func anEntryCountsUntilItsStatesIdleTimeIsOver(index: Int) throws {
        let (family, transport, seen, phase) = Self.phasesOfFamilies[index]
        let bench = try ProgramBench(family)
        let flow = flow(bench, transport)
        let packet = request(flow, .ack)
        let known = flow.entries(service: 3, ways: ways(bench), seen: seen)
        try bench.write(known, age: ProgramBench.timeouts[phase] - .seconds(1))
        let touched = flow.entries(
            service: 3, ways: ways(bench), seen: transport == .tcp ? seen.union(.ack).subtracting(.reset) : seen,
            sent: (1, packet.ipLength))
        try bench.expect(
            packet, gives: .redirect, translated(flow, .ack), counted: [.forwardPeer], entries: touched)
        try bench.write(known, age: ProgramBench.timeouts[phase] + .seconds(1))
        // Nothing is served here: what has no entry is not ours.
        try bench.expect(
            packet, gives: .pass, counted: [.expired, transport == .tcp ? .noConnection : .notService])
    }

    @Test(arguments: everyTransport) func anExpiredEntryIsReplacedByANewConnection(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let old = flow.entries(
            service: 99, ways: (.peer(1), .peer(1)), seen: .established, sent: (7, 700), answered: (5, 500))
        try bench.write(old, age: .seconds(13))
        let packet = request(flow)
        try bench.expect(
            packet, gives: .redirect, translated(flow), counted: [.forwardPeer, .newConnection, .expired],
            entries: flow.entries(
                service: service, ways: ways(bench), seen: transport == .tcp ? .syn : [],
                sent: (1, packet.ipLength)))
        let times = try bench.times()
        #expect(times[flow.requestKey]?.created == times[flow.requestKey]?.lastSeen)
        #expect(times[flow.requestKey] == times[flow.replyKey])
    }

    /// Both FINs, or a reset: the client may use its port again at once, and gets whatever backend there is now.
    @Test(arguments: AddressFamily.allCases) func aClosedTupleIsReopenedByASYN(family: AddressFamily) throws {
        let closings: [Entry.Seen] = [
            [.established, .clientFin, .backendFin], [.established, .reset], [.syn, .reset],
        ]
        for seen in closings {
            let bench = try ProgramBench(family)
            let service = try bench.serve(by: bench.cast.local)
            let old = flow(bench, .tcp, to: bench.cast.remote)
            let abandoned = old.entries(service: service, seen: seen)
            try bench.write(abandoned)
            let fresh = flow(bench, .tcp)
            let packet = request(fresh)
            var expected = fresh.entries(
                service: service, ways: ways(bench), seen: .syn, sent: (1, packet.ipLength))
            expected[old.replyKey] = abandoned[old.replyKey]
            try bench.expect(
                packet, gives: .redirect, translated(fresh), counted: [.forwardPeer, .newConnection, .expired],
                entries: expected)
        }
    }

    /// The last acknowledgements of a closing connection still have to get through.
    @Test(arguments: AddressFamily.allCases) func aClosedTupleStillCarriesItsOwnSegments(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let flow = flow(bench, .tcp)
        let seen: Entry.Seen = [.established, .clientFin, .backendFin]
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: seen))
        let packet = request(flow, .ack)
        try bench.expect(
            packet, gives: .redirect, translated(flow, .ack), counted: [.forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways(bench), seen: seen, sent: (1, packet.ipLength)))
    }

    /// With a hundred backends a new choice would hardly hit the same one ten times.
    @Test(arguments: everyTransport) func aRetriedFirstPacketKeepsItsBackend(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let block = bench.cast.remoteBlock
        let backends = (1...100).map {
            Backend(
                endpoint: Endpoint(address: block.address.adding(UInt8($0)), port: 8080), isLocal: false)
        }
        try bench.serve(by: backends)
        let packet = request(flow(bench, transport)).bytes
        let outcomes = try bench.run([[UInt8]](repeating: packet, count: 10))
        let chosen = Set(try outcomes.map { try Dissection($0.packet).destination })
        #expect(chosen.count == 1)
        #expect(try bench.entries().count == 2)
        #expect(try bench.counters() == [.forwardNeighbor: 10, .newConnection: 1])
    }

    /// The two entries share what is seen, so that a flow which only speaks one way keeps both alive.
    @Test(arguments: everyTransport) func theTimeOfTheLastPacketIsWrittenOnceASecondInBothEntries(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: .established), age: .seconds(2))
        let before = try bench.times()
        let packet = request(flow, .ack).bytes
        _ = try bench.run([packet])
        let first = try bench.times()
        let written = try #require(first[flow.requestKey]?.lastSeen)
        #expect(written > (before[flow.requestKey]?.lastSeen ?? .max))
        #expect(first[flow.replyKey]?.lastSeen == written - 1_000_000_000)
        #expect(first[flow.requestKey]?.created == before[flow.requestKey]?.created)
        _ = try bench.run([packet, packet, packet])
        #expect(try bench.times() == first)
        #expect(try bench.entries()[flow.requestKey]?.packets == 4)
    }

    /// A state that moves is told at once, however short ago the last packet was.
    @Test(arguments: AddressFamily.allCases) func aChangeOfStateIsWrittenAtOnce(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let flow = flow(bench, .tcp)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: [.syn, .synAck]))
        let before = try bench.times()
        let packet = request(flow, .ack).bytes
        _ = try bench.run([packet])
        let after = try bench.times()
        #expect(try bench.entries()[flow.replyKey]?.seen == .established)
        #expect(after[flow.requestKey] != before[flow.requestKey])
    }

    /// A reply entry whose request entry has been evicted still translates, and loses nothing but the twin's news.
    @Test(arguments: everyTransport) func anEntryWithoutTwinGoesOnAlone(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let flow = flow(bench, transport)
        var known = flow.entries(service: 3, ways: ways(bench), seen: .established)
        known[flow.requestKey] = nil
        try bench.write(known, age: .seconds(2))
        let answer = Ethernet() / IP(bench.cast.local, bench.cast.client) / Segment(transport, 8080, 40000, .ack)
        known[flow.replyKey]?.packets = 1
        known[flow.replyKey]?.bytes = answer.ipLength
        try bench.expect(
            answer, gives: .redirect,
            Ethernet() / IP(bench.cast.virtual, bench.cast.client, ttl: 63) / Segment(transport, 80, 40000, .ack),
            counted: [.forwardPeer], entries: known)
    }

    /// The client calls the backend by its own name, from a port that it used for the service before.
    @Test(arguments: AddressFamily.allCases) func aDirectConnectionIsNotAnsweredByAFormerService(
        family: AddressFamily
    ) throws {
        for (seen, age) in [
            (Entry.Seen.established.union([.clientFin, .backendFin]), Duration.zero), (.established, .seconds(13)),
        ] {
            let bench = try ProgramBench(family)
            let flow = flow(bench, .tcp)
            let over = flow.entries(service: 3, ways: ways(bench), seen: seen)
            try bench.write(over, age: age)
            let direct = Ethernet() / IP(flow.client.address, flow.backend.address) / TCP(40000, 8080, .syn)
            try bench.expect(
                direct, gives: .pass, counted: [.notService], entries: over.filter { $0.key == flow.requestKey })
        }
    }

    /// It may be that very flow, translated and on its way through the host stack.
    @Test(arguments: AddressFamily.allCases) func aLivingServicesConnectionIsKeptBesideADirectOne(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let flow = flow(bench, .tcp)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: .established))
        let direct = Ethernet() / IP(flow.client.address, flow.backend.address) / TCP(40000, 8080, .syn)
        try bench.expect(direct, gives: .pass, counted: [.notService])
    }

    @Test(arguments: AddressFamily.allCases) func aPortIsFreeForTheOtherFrontendOnceTheFirstFlowIsOver(
        family: AddressFamily
    ) throws {
        let endings: [(Entry.Seen, Duration)] = [
            ([.established, .clientFin, .backendFin], .zero), ([.established, .reset], .zero),
            (.established, .seconds(13)),
        ]
        for (seen, age) in endings {
            let bench = try ProgramBench(family)
            let service = try bench.serve(
                bench.cast.secondVirtual,
                by: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)])
            let first = flow(bench, .tcp)
            let over = first.entries(service: 77, ways: ways(bench), seen: seen)
            try bench.write(over, age: age)
            var second = first
            second.frontend.address = bench.cast.secondVirtual
            let packet = request(second)
            var expected = second.entries(
                service: service, ways: ways(bench), seen: .syn, sent: (1, packet.ipLength))
            expected[first.requestKey] = over[first.requestKey]
            try bench.expect(
                packet, gives: .redirect, translated(second), counted: [.forwardPeer, .newConnection],
                entries: expected)
        }
    }

    /// The table forgets the oldest connections rather than refuse new ones.
    @Test(arguments: everyTransport) func aFullTableStillTakesNewConnections(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let capacity = 256
        let bench = try ProgramBench(family) { $0.options.mapSizes["connections"] = UInt32(capacity) }
        try bench.serve(by: bench.cast.local)
        let packets = (0..<1000).map { number in
            Ethernet() / IP(bench.cast.client, bench.cast.virtual)
                / Segment(transport, UInt16(20000 + number), 80)
        }
        let outcomes = try bench.run(packets.map(\.bytes))
        let forwarded = outcomes.count { $0.verdict == .redirect }
        let full = try bench.counters()[.tableFull] ?? 0
        #expect(forwarded + Int(full) == packets.count)
        #expect(forwarded > 900)
        #expect(try bench.entries().count <= capacity)
        for (packet, outcome) in zip(packets, outcomes) where outcome.verdict == .pass {
            #expect(outcome.packet == packet.bytes)
        }
        #expect(try bench.counters()[.collision] == nil)
    }
}

extension IPAddress {
    /// The address whose last byte is `offset`, of a block whose own last byte is zero.
    func adding(_ offset: UInt8) -> IPAddress {
        switch self {
        case .v4(let bits): .v4(bits | UInt32(offset))
        case .v6(let high, let low): .v6(high: high, low: low | UInt64(offset))
        }
    }
}
