// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Only the first fragment of a datagram bears its ports: it leaves them for the later ones.
@Suite(.needsKernel) struct FragmentTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]
    private static let programsOfFamilies = AddressFamily.allCases.flatMap { family in
        programs.map { (family, $0) }
    }
    private static let content = String(repeating: "abcdefgh", count: 8)

    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
    }

    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.peer(bench.node.pods[1]), .peer(bench.node.pods[0]))
    }

    /// A datagram in pieces, whose checksum is that of the whole.
    ///
    /// - Parameter ends: where the pieces end, in bytes of the datagram; the last one ends with it.
    /// - Parameter extensions: IPv6 headers before the fragment header.
    private func pieces(
        _ transport: TransportProtocol, _ source: Endpoint, _ destination: Endpoint, flags: TCP.Flags = .syn,
        ttl: UInt8 = 64, id: UInt16 = 0x1234, ends: [Int] = [32], extensions: [Extension] = []
    ) -> [Packet] {
        let pseudo = PseudoHeader(source: source.address, destination: destination.address)
        let segment = Segment(transport, source.port, destination.port, flags)
        let whole = segment.encode(around: Array(Self.content.utf8), number: nil, pseudo: pseudo)
        let starts = [0] + ends
        return zip(starts, ends + [whole.count]).map { start, end in
            let part = Raw(Array(whole[start..<end]), number: UInt16(transport.rawValue))
            let isLast = end == whole.count
            guard source.family == .v4 else {
                let field = UInt16(start) | (isLast ? 0 : 1)
                let header = Extension(kind: 44, body: [0] + field.bytes + UInt32(id).bytes)
                let outer = Ethernet() / IP(source.address, destination.address, ttl: ttl)
                return extensions.reduce(outer) { $0 / $1 } / header / part
            }
            var header = IPv4(source.address, destination.address)
            header.identification = id
            header.ttl = ttl
            header.fragment = UInt16(start / 8) | (isLast ? 0 : 0x2000)
            return Ethernet() / header / part
        }
    }

    private func requests(_ flow: Flow, ends: [Int] = [32], id: UInt16 = 0x1234) -> [Packet] {
        pieces(flow.transport, flow.client, flow.frontend, id: id, ends: ends)
    }

    private func translatedRequests(_ flow: Flow, ends: [Int] = [32], id: UInt16 = 0x1234) -> [Packet] {
        pieces(flow.transport, flow.client, flow.backend, ttl: 63, id: id, ends: ends)
    }

    @Test(arguments: everyTransport) func fragmentsInOrderReachTheBackend(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let ends = [24, 40, 64]
        let (packets, translated) = (requests(flow, ends: ends), translatedRequests(flow, ends: ends))
        var bytes: UInt64 = 0
        for (number, packet) in packets.enumerated() {
            bytes += packet.ipLength
            try bench.expect(
                packet, gives: .redirect, translated[number],
                counted: number == 0 ? [.forwardPeer, .newConnection] : [.forwardPeer],
                entries: flow.entries(
                    service: service, ways: ways(bench), seen: flow.opened, sent: (UInt64(number + 1), bytes)))
        }
    }

    @Test(arguments: everyTransport) func fragmentsOfAnAnswerReachTheClient(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        let packets = pieces(transport, flow.backend, flow.client, flags: .ack)
        let outcomes = try bench.run(packets.map(\.bytes), at: bench.node.pods[1])
        let expected = pieces(transport, flow.frontend, flow.client, flags: .ack, ttl: 63)
        #expect(outcomes.map(\.packet) == expected.map(\.bytes))
        #expect(outcomes.map(\.verdict) == [.redirect, .redirect])
    }

    /// Delivered by the host stack, which counts the hop.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func fragmentsAreTranslatedOnTheClientsDeviceToo(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, flags: .clientSide, seen: flow.established))
        let packets = pieces(transport, flow.backend, flow.client, flags: .ack)
        let outcomes = try bench.run(packets.map(\.bytes), by: "to_workload", ingress: bench.node.uplink)
        let expected = pieces(transport, flow.frontend, flow.client, flags: .ack)
        #expect(outcomes.map(\.packet) == expected.map(\.bytes))
    }

    /// The node that has the backend will find the ports in the first one just as well.
    @Test(arguments: everyTransport) func fragmentsCrossTheOverlayAsTheyCame(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let asked = Endpoint(address: bench.cast.node, port: 30080)
        try bench.serve(
            at: [.nodePort],
            by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 8080), isLocal: false)])
        let packets = pieces(transport, Endpoint(address: bench.cast.stranger, port: 40000), asked)
        let outcomes = try bench.run(packets.map(\.bytes), by: "from_uplink")
        #expect(outcomes.map(\.packet) == packets.map(\.bytes))
        #expect(outcomes.map(\.verdict) == [.redirect, .redirect])
        #expect(try bench.counters() == [.forwardTunnel: 2, .newConnection: 1])
    }

    @Test(arguments: programsOfFamilies) func aLaterFragmentWhoseFirstWasNotSeenPasses(
        family: AddressFamily, program: String
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let packets = requests(flow(bench, .udp), ends: [32, 48])
        for packet in packets.dropFirst() {
            try bench.expect(packet, by: program, gives: .pass, counted: [.fragment])
        }
    }

    /// What came too early is not called back; what comes after the first one is served.
    @Test(arguments: AddressFamily.allCases) func afterTheFirstFragmentTheOrderDoesNotMatter(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp)
        let ends = [24, 40, 56]
        let (packets, translated) = (requests(flow, ends: ends), translatedRequests(flow, ends: ends))
        try bench.expect(packets[2], gives: .pass, counted: [.fragment])
        let outcomes = try bench.run([0, 3, 1].map { packets[$0].bytes })
        #expect(outcomes.map(\.packet) == [0, 3, 1].map { translated[$0].bytes })
    }

    /// Datagrams are told apart by identification, addresses and protocol.
    @Test(arguments: AddressFamily.allCases) func aFragmentOfAnotherDatagramIsNotMistaken(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp)
        _ = try bench.run([requests(flow)[0].bytes])
        var others = [requests(flow, id: 0x1235)[1]]
        others.append(pieces(.tcp, flow.client, flow.frontend)[1])
        others.append(pieces(.udp, Endpoint(address: bench.cast.local, port: 40000), flow.frontend)[1])
        others.append(pieces(.udp, flow.client, Endpoint(address: bench.cast.secondVirtual, port: 80))[1])
        for other in others { try bench.expect(other, gives: .pass, counted: [.fragment]) }
    }

    /// Two datagrams of one address, each on its own port, whose fragments are mixed.
    @Test(arguments: AddressFamily.allCases) func fragmentsOfTwoFlowsDoNotMeet(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        try bench.serve(
            port: 81, by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 9090), isLocal: false)])
        let first = flow(bench, .udp)
        var second = first
        second.frontend.port = 81
        second.backend = Endpoint(address: bench.cast.remote, port: 9090)
        let (one, other) = (requests(first, id: 1), requests(second, id: 2))
        let outcomes = try bench.run([one[0], other[0], one[1], other[1]].map(\.bytes))
        let (oneThere, otherThere) = (translatedRequests(first, id: 1), translatedRequests(second, id: 2))
        #expect(
            outcomes.map(\.packet) == [oneThere[0], otherThere[0], oneThere[1], otherThere[1]].map(\.bytes))
    }

    /// Ports of a datagram that was never completed are not given to one that happens to have its number.
    @Test(arguments: AddressFamily.allCases) func portsAreForgottenAfterHalfAMinute(family: AddressFamily) throws {
        for (age, isKnown) in [(UInt64(29), true), (31, false)] {
            let bench = try ProgramBench(Self.programs, family)
            let flow = flow(bench, .udp)
            try bench.write(flow.entries(service: 3, ways: ways(bench)))
            try bench.leavePorts(of: flow, id: 0x1234, secondsAgo: age)
            let packet = requests(flow)[1]
            if isKnown {
                #expect(try bench.run([packet.bytes])[0].packet == translatedRequests(flow)[1].bytes)
            } else {
                try bench.expect(packet, gives: .pass, counted: [.fragment])
            }
        }
    }

    /// Nothing is remembered of it but the ports: without an entry there is nothing to translate by.
    @Test(arguments: AddressFamily.allCases) func laterFragmentsOfWhatIsNotServedPass(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let packets = requests(flow(bench, .udp))
        try bench.expect(packets[0], gives: .pass, counted: [.notService])
        try bench.expect(packets[1], gives: .pass, counted: [.fragment])
    }

    @Test(arguments: everyTransport) func aFirstFragmentIsRefusedLikeAWholePacket(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: [])
        let packets = requests(flow(bench, transport))
        let size = family == .v4 ? 8 : 16
        try bench.expect(
            packets[0], gives: .redirect, answer(to: packets[0], .portUnreachable, transportBytes: size),
            counted: [.unreachableSent])
        try bench.expect(packets[1], gives: .pass, counted: [.fragment])
    }

    /// RFC 6946: it has the header, and is whole.
    @Test(arguments: [TransportProtocol.tcp, .udp]) func anAtomicIPv6FragmentIsAWholePacket(
        transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, .v6)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let packet = pieces(transport, flow.client, flow.frontend, ends: [])[0]
        try bench.expect(
            packet, gives: .redirect, pieces(transport, flow.client, flow.backend, ttl: 63, ends: [])[0],
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: ways(bench), seen: flow.opened, sent: (1, packet.ipLength)))
        // It has left no ports behind.
        try bench.expect(requests(flow)[1], gives: .pass, counted: [.fragment])
    }

    @Test(arguments: [TransportProtocol.tcp, .udp]) func aFragmentHeaderMayFollowOtherHeaders(
        transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, .v6)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let extensions = [Extension(kind: 0), Extension(kind: 60)]
        let packets = pieces(transport, flow.client, flow.frontend, extensions: extensions)
        let outcomes = try bench.run(packets.map(\.bytes))
        let expected = pieces(transport, flow.client, flow.backend, ttl: 63, extensions: extensions)
        #expect(outcomes.map(\.packet) == expected.map(\.bytes))
        #expect(try bench.counters() == [.forwardPeer: 2, .newConnection: 1])
    }

    /// Such headers are only in the first piece; whatever becomes of it must become of the others.
    @Test func aDatagramWithHeadersBehindTheFragmentHeaderIsServedWholeOrNotAtAll() throws {
        let bench = try ProgramBench(Self.programs, .v6)
        try bench.serve(by: bench.cast.local)
        let outer = Ethernet() / IP(bench.cast.client, bench.cast.virtual)
        let first = outer / Extension(kind: 44, body: [0, 0, 1, 0, 0, 0, 9]) / Extension(kind: 60) / UDP(40000, 80)
        let second = outer / Extension(kind: 44, body: [0, 0, 0x10, 0, 0, 0, 9]) / Raw(Array("data".utf8), number: 60)
        let outcomes = try bench.run([first.bytes, second.bytes])
        #expect(outcomes[0].verdict == outcomes[1].verdict)
    }

    /// RFC 1858: a first fragment that does not hold the whole TCP header is nothing that any sender makes.
    @Test(arguments: AddressFamily.allCases) func aFirstFragmentWithoutTheWholeHeaderPasses(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let packets = requests(flow(bench, .tcp), ends: [16])
        try bench.expect(packets[0], gives: .pass, counted: [.truncated])
        try bench.expect(packets[1], gives: .pass, counted: [.fragment])
    }

    /// More fragmented datagrams on their way than the table has room for.
    @Test(arguments: AddressFamily.allCases) func aFullTableStillServesDatagramsThatComeInOnePiece(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.options.mapSizes["fragments"] = 16 }
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp)
        for id in UInt16(1)...500 {
            let outcomes = try bench.run(requests(flow, id: id).map(\.bytes))
            #expect(outcomes.map(\.packet) == translatedRequests(flow, id: id).map(\.bytes))
        }
    }

    /// The reserved bit of IPv4 and the bits between offset and flag of IPv6 say nothing.
    @Test(arguments: [TransportProtocol.tcp, .udp]) func aReservedBitMakesNoFragment(
        transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, .v4)
        try bench.serve(by: bench.cast.local)
        var header = IPv4(bench.cast.client, bench.cast.virtual)
        header.fragment = 0x8000
        var translated = IPv4(bench.cast.client, bench.cast.local)
        (translated.fragment, translated.ttl) = (0x8000, 63)
        let outcome = try bench.run([(Ethernet() / header / Segment(transport, 40000, 80)).bytes])[0]
        #expect(outcome.packet == (Ethernet() / translated / Segment(transport, 40000, 8080)).bytes)
    }
}

extension ProgramBench {
    /// Writes what the first fragment of a request leaves behind.
    fileprivate func leavePorts(of flow: Flow, id: UInt16, secondsAgo: UInt64) throws {
        let seen = MonotonicClock.nanoseconds - secondsAgo * 1_000_000_000
        let ports = (flow.client.port.bigEndian, flow.frontend.port.bigEndian)
        switch family {
        case .v4:
            guard let source = addr_v4(flow.client.address), let destination = addr_v4(flow.frontend.address)
            else { return }
            var key = fragment_key_v4()
            (key.src, key.dst, key.proto) = (source, destination, flow.transport.rawValue)
            key.id = UInt32(id.bigEndian)
            var value = fragment_v4()
            (value.seen, value.sport, value.dport) = (seen, ports.0, ports.1)
            try Map<fragment_key_v4, fragment_v4>(pinned: directory.map(.fragments(.v4))).update(key, value)
        case .v6:
            guard let source = addr_v6(flow.client.address), let destination = addr_v6(flow.frontend.address)
            else { return }
            var key = fragment_key_v6()
            (key.src, key.dst, key.proto) = (source, destination, flow.transport.rawValue)
            key.id = UInt32(id).bigEndian
            var value = fragment_v6()
            (value.seen, value.sport, value.dport) = (seen, ports.0, ports.1)
            try Map<fragment_key_v6, fragment_v6>(pinned: directory.map(.fragments(.v6))).update(key, value)
        }
    }
}
