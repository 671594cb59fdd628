// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// An ICMP error about a translated packet reaches the one who sent that packet, quoting it as it was sent.
@Suite(.needsKernel) struct ICMPErrorTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]
    private static let errors = everyTransport.flatMap { family, transport in
        ICMP.Error.allCases.map { (family, transport, $0) }
    }

    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol, to backend: IPAddress? = nil) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: backend ?? bench.cast.local, port: 8080))
    }

    private func outside(_ bench: ProgramBench, _ transport: TransportProtocol) -> Flow {
        var flow = flow(bench, transport)
        flow.client.address = bench.cast.stranger
        return flow
    }

    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.peer(bench.node.pods[1]), .peer(bench.node.pods[0]))
    }

    private let mtu: UInt32 = 1400

    /// From `sender`, which may be the receiver of the quoted packet or a router on its way.
    private func error(
        _ kind: ICMP.Error = .portUnreachable, about quote: Quote, from sender: IPAddress, to receiver: IPAddress,
        ttl: UInt8 = 64
    ) -> Packet {
        Ethernet() / IP(sender, receiver, ttl: ttl) / ICMP(sender.family, kind, mtu: kind == .tooBig ? mtu : 0) / quote
    }

    /// What the backend got, as the client sent it.
    private func restored(_ flow: Flow, ttl: UInt8 = 63, transportBytes: Int = 8) -> Quote {
        Quote(flow.translatedRequest(ttl: ttl), transportBytes: transportBytes)
            .readdressed(from: flow.client, to: flow.frontend)
    }

    /// The answer that the client got, as the backend sent it.
    private func restoredReply(_ flow: Flow) -> Quote {
        Quote(flow.translatedReply(ttl: 63)).readdressed(from: flow.backend, to: flow.alias ?? flow.client)
    }

    // From a backend, about a request

    @Test(arguments: errors.indices) func aBackendsErrorReachesTheClientInTheServicesName(index: Int) throws {
        let (family, transport, kind) = Self.errors[index]
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        let packet = error(
            kind, about: Quote(flow.translatedRequest(ttl: 63)), from: flow.backend.address, to: flow.client.address)
        try bench.expect(
            packet, at: bench.node.pods[1], gives: .redirect,
            error(
                kind, about: restored(flow), from: flow.frontend.address, to: flow.client.address, ttl: 63),
            counted: [.icmpTranslated, .forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways(bench), seen: flow.established, answered: (1, packet.ipLength)))
    }

    /// A router is not behind the service: its own address tells the client where the packet got stuck.
    @Test(arguments: errors.indices) func aRoutersErrorKeepsTheRoutersAddress(index: Int) throws {
        let (family, transport, kind) = Self.errors[index]
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport, to: bench.cast.remote)
        let ways = (
            Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.peer(bench.node.pods[0])
        )
        try bench.write(flow.entries(service: 3, ways: ways, seen: flow.established))
        let packet = error(
            kind, about: Quote(flow.translatedRequest(ttl: 1)), from: bench.cast.gateway, to: flow.client.address)
        try bench.expect(
            packet, by: "from_uplink", gives: .redirect,
            error(
                kind, about: restored(flow, ttl: 1), from: bench.cast.gateway, to: flow.client.address, ttl: 63),
            counted: [.icmpTranslated, .forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways, seen: flow.established, answered: (1, packet.ipLength)))
    }

    // From a client, about an answer

    @Test(arguments: errors.indices) func aClientsErrorReachesTheBackend(index: Int) throws {
        let (family, transport, kind) = Self.errors[index]
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        let packet = error(
            kind, about: Quote(flow.translatedReply(ttl: 63)), from: flow.client.address, to: flow.frontend.address)
        try bench.expect(
            packet, gives: .redirect,
            error(
                kind, about: restoredReply(flow), from: flow.client.address, to: flow.backend.address, ttl: 63),
            counted: [.icmpTranslated, .forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways(bench), seen: flow.established, sent: (1, packet.ipLength)))
    }

    // Through the host stack

    @Test(.needsIngressOfRuns, arguments: everyTransport) func throughTheHostStackAnErrorIsTranslatedOnTheClientsDevice(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport, to: bench.cast.stranger)
        try bench.write(flow.entries(service: 3, flags: .clientSide, seen: flow.established))
        let packet = error(
            about: Quote(flow.translatedRequest()), from: flow.backend.address, to: flow.client.address)
        try bench.expect(packet, by: "from_uplink", gives: .pass, counted: [.clientSide])
        try bench.expect(
            packet, by: "to_workload", ingress: bench.node.uplink, gives: .pass,
            error(about: restored(flow, ttl: 64), from: flow.frontend.address, to: flow.client.address),
            counted: [.icmpTranslated, .forwardStack],
            entries: flow.entries(
                service: 3, flags: .clientSide, seen: flow.established, answered: (1, packet.ipLength)))
        let other = error(
            about: Quote(flow.translatedReply()), from: flow.client.address, to: flow.frontend.address)
        let outcome = try bench.run([other.bytes])[0]
        #expect(outcome.verdict == .pass)
        let quote = Quote(flow.translatedReply()).readdressed(from: flow.backend, to: flow.client)
        #expect(outcome.packet == error(about: quote, from: flow.client.address, to: flow.backend.address).bytes)
    }

    /// A process of the node has called a service: its errors come and go by the uplink.
    @Test(arguments: everyTransport) func anErrorAboutACallOfTheHostIsTranslatedAtTheUplink(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = flow(bench, transport, to: bench.cast.remote)
        flow.client.address = bench.cast.node
        let ways = (Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.stack)
        try bench.write(flow.entries(service: 3, ways: ways, seen: flow.established))
        let incoming = error(
            about: Quote(flow.translatedRequest()), from: bench.cast.gateway, to: flow.client.address)
        let received = try bench.run([incoming.bytes], by: "from_uplink")[0]
        #expect(received.verdict == .pass)
        #expect(
            received.packet
                == error(about: restored(flow, ttl: 64), from: bench.cast.gateway, to: flow.client.address).bytes)
        let outgoing = error(
            about: Quote(flow.translatedReply()), from: flow.client.address, to: flow.frontend.address)
        let sent = try bench.run([outgoing.bytes], by: "to_uplink")[0]
        #expect(sent.verdict == .redirect)
        let quote = Quote(flow.translatedReply()).readdressed(from: flow.backend, to: flow.client)
        #expect(sent.packet == error(about: quote, from: flow.client.address, to: flow.backend.address).bytes)
        #expect(try bench.counters() == [.icmpTranslated: 2, .forwardStack: 1, .forwardNeighbor: 1])
    }

    // From outside, and across nodes

    @Test(.needsIngressOfRuns, arguments: everyTransport) func errorsCrossTheUplinkInBothDirections(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for isThroughStack in [false, true] {
            let bench = try ProgramBench(Self.programs, family)
            let flow = outside(bench, transport)
            let ways = (
                Entry.Way.peer(bench.node.pods[1]), Entry.Way.neighbour(bench.node.uplink, via: bench.cast.gateway)
            )
            try bench.write(
                flow.entries(
                    service: 3, ways: isThroughStack ? (.stack, .stack) : ways,
                    flags: isThroughStack ? [.outside, .clientSide] : .outside, seen: flow.established))
            let ttl: UInt8 = isThroughStack ? 64 : 63
            let fromClient = error(
                .tooBig, about: Quote(flow.translatedReply(ttl: 63)), from: bench.cast.gateway,
                to: flow.frontend.address)
            let inside = try bench.run([fromClient.bytes], by: "from_uplink")[0]
            #expect(
                inside.packet
                    == error(
                        .tooBig, about: restoredReply(flow), from: bench.cast.gateway, to: flow.backend.address,
                        ttl: ttl
                    ).bytes)
            let fromPod = error(
                about: Quote(flow.translatedRequest(ttl: ttl)), from: flow.backend.address, to: flow.client.address)
            let outside = try bench.run(
                [fromPod.bytes], by: isThroughStack ? "to_uplink" : "from_workload",
                at: isThroughStack ? nil : bench.node.pods[1], ingress: isThroughStack ? bench.node.pods[1] : 0)[0]
            #expect(
                outside.packet
                    == error(
                        about: restored(flow, ttl: ttl), from: flow.frontend.address, to: flow.client.address, ttl: ttl
                    ).bytes)
            #expect([inside.verdict, outside.verdict] == (isThroughStack ? [.pass, .pass] : [.redirect, .redirect]))
            #expect(try bench.counters()[.icmpTranslated] == 2)
        }
    }

    /// The node that has the backend translates it: the first one sends it there as it came.
    @Test(arguments: everyTransport) func aClientsErrorFollowsItsFlowThroughTheOverlay(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = outside(bench, transport)
        flow.backend = flow.frontend
        let ways = (
            Entry.Way.tunnel(bench.cast.otherNode), Entry.Way.neighbour(bench.node.uplink, via: bench.cast.gateway)
        )
        let flags: Entry.Flags = [.outside, .tunnel]
        try bench.write(flow.entries(service: 3, ways: ways, flags: flags, seen: flow.established))
        let packet = error(
            .tooBig, about: Quote(flow.translatedReply(ttl: 62)), from: bench.cast.gateway, to: flow.frontend.address)
        let outcome = try bench.run([packet.bytes], by: "from_uplink")[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == packet.bytes)
        #expect(try bench.counters()[.forwardTunnel] == 1)
    }

    @Test(arguments: everyTransport) func aPodsErrorGoesBackThroughTheOverlay(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = outside(bench, transport)
        try bench.write(
            flow.entries(
                service: 3, ways: (.peer(bench.node.pods[1]), .tunnel(bench.cast.otherNode)),
                flags: [.outside, .tunnel], seen: flow.established))
        let packet = error(
            about: Quote(flow.translatedRequest(ttl: 63)), from: flow.backend.address, to: flow.client.address)
        let outcome = try bench.run([packet.bytes], at: bench.node.pods[1])[0]
        #expect(outcome.verdict == .redirect)
        #expect(
            outcome.packet
                == error(about: restored(flow), from: flow.frontend.address, to: flow.client.address).bytes)
        #expect(try bench.counters() == [.icmpTranslated: 1, .forwardTunnel: 1])
    }

    // Replaced sources

    @Test(arguments: everyTransport) func anErrorAboutAReplacedPortNamesTheClientsOwn(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = flow(bench, transport)
        flow.alias = Endpoint(address: flow.client.address, port: 20007)
        try bench.write(flow.entries(service: 3, ways: ways(bench), flags: .portReplaced, seen: flow.established))
        let packet = error(
            about: Quote(flow.translatedRequest(ttl: 63)), from: flow.backend.address, to: flow.client.address)
        let answer = try bench.run([packet.bytes], at: bench.node.pods[1])[0]
        #expect(
            answer.packet
                == error(about: restored(flow), from: flow.frontend.address, to: flow.client.address, ttl: 63).bytes)
        let other = error(
            about: Quote(flow.translatedReply(ttl: 63)), from: flow.client.address, to: flow.frontend.address)
        let back = try bench.run([other.bytes])[0]
        #expect(
            back.packet
                == error(about: restoredReply(flow), from: flow.client.address, to: flow.backend.address, ttl: 63).bytes
        )
    }

    /// The pod sent it to the address that stands in for itself.
    @Test(arguments: everyTransport) func anErrorOfAPodAboutItsOwnCallReturnsToIt(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = flow(bench, transport, to: bench.cast.client)
        let hairpin = family == .v4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6
        flow.alias = Endpoint(address: hairpin, port: 40000)
        let way = Entry.Way.peer(bench.node.pods[0])
        try bench.write(flow.entries(service: 3, ways: (way, way), flags: .hairpin, seen: flow.established))
        let packet = error(about: Quote(flow.translatedRequest(ttl: 63)), from: bench.cast.client, to: hairpin)
        let outcome = try bench.run([packet.bytes])[0]
        #expect(outcome.verdict == .redirect)
        #expect(
            outcome.packet
                == error(about: restored(flow), from: flow.frontend.address, to: flow.client.address, ttl: 63).bytes)
    }

    // The form of the quote

    @Test(arguments: [TransportProtocol.tcp, .udp]) func ipv4OptionsInTheQuoteAreSteppedOver(
        transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, .v4)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        for count in [4, 20, 40] {
            var header = IPv4(flow.client.address, flow.backend.address)
            header.options = [UInt8](repeating: 1, count: count)
            let quote = Quote(Ethernet() / header / Segment(transport, 40000, 8080) / "data")
            let packet = error(about: quote, from: flow.backend.address, to: flow.client.address)
            let outcome = try bench.run([packet.bytes], at: bench.node.pods[1])[0]
            let expected = error(
                about: quote.readdressed(from: flow.client, to: flow.frontend), from: flow.frontend.address,
                to: flow.client.address, ttl: 63)
            #expect(outcome.packet == expected.bytes)
        }
    }

    @Test(arguments: [TransportProtocol.tcp, .udp]) func ipv4OptionsOfTheErrorItselfStay(
        transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, .v4)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        func packet(_ sender: IPAddress, _ quote: Quote, ttl: UInt8) -> Packet {
            var header = IPv4(sender, flow.client.address)
            (header.options, header.ttl) = ([1, 1, 1, 0], ttl)
            return Ethernet() / header / ICMP(.v4, .portUnreachable) / quote
        }
        let sent = packet(flow.backend.address, Quote(flow.translatedRequest(ttl: 63)), ttl: 64)
        let outcome = try bench.run([sent.bytes], at: bench.node.pods[1])[0]
        #expect(outcome.packet == packet(flow.frontend.address, restored(flow), ttl: 63).bytes)
    }

    /// Linux quotes as much as it may; four bytes of the transport are the least that names a flow.
    @Test(arguments: everyTransport) func theQuoteMayBeShortOrWhole(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        for size in [4, 8, transport == .tcp ? 24 : 12] {
            let packet = error(
                about: Quote(flow.translatedRequest(ttl: 63), transportBytes: size), from: flow.backend.address,
                to: flow.client.address)
            let outcome = try bench.run([packet.bytes], at: bench.node.pods[1])[0]
            let expected = error(
                about: restored(flow, transportBytes: size), from: flow.frontend.address, to: flow.client.address,
                ttl: 63)
            #expect(outcome.verdict == .redirect)
            #expect(outcome.packet == expected.bytes)
        }
    }

    /// Sums are corrected, not computed anew: over many addresses and ports every one must still be right.
    @Test(arguments: everyTransport) func checksumsAreRightWhateverThePorts(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            var flow = flow(bench, transport)
            flow.client.port = .random(in: 1...65535, using: &generator)
            flow.backend.port = .random(in: 1...65535, using: &generator)
            flow.frontend.port = .random(in: 1...65535, using: &generator)
            try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
            let packet = error(
                .timeExceeded, about: Quote(flow.translatedRequest(ttl: 1)), from: bench.cast.gateway,
                to: flow.client.address)
            let outcome = try bench.run([packet.bytes], by: "from_uplink")[0]
            let expected = error(
                .timeExceeded, about: restored(flow, ttl: 1), from: bench.cast.gateway, to: flow.client.address,
                ttl: 63)
            #expect(outcome.packet == expected.bytes)
        }
    }

    // What is not about a flow

    private static let programsOfTransports = everyTransport.flatMap { family, transport in
        programs.map { (family, transport, $0) }
    }

    @Test(arguments: programsOfTransports.indices) func anErrorAboutNoTrackedFlowPasses(index: Int) throws {
        let (family, transport, program) = Self.programsOfTransports[index]
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        let packet = error(
            about: Quote(flow.translatedReply()), from: flow.client.address, to: flow.frontend.address)
        try bench.expect(packet, by: program, gives: .pass, counted: [.icmpUnrelated])
    }

    /// One port is not enough to find a flow, and a protocol without ports has none.
    @Test(arguments: AddressFamily.allCases) func aQuoteThatNamesNoFlowPasses(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, .udp)
        try bench.write(flow.entries(service: 3, ways: ways(bench)))
        let sctp =
            Ethernet() / IP(flow.client.address, flow.backend.address)
            / Raw([UInt8](repeating: 0, count: 12), number: 132)
        let echo = Ethernet() / IP(flow.client.address, flow.backend.address) / ICMP(family, type: 8)
        var quotes = [Quote(sctp), Quote(echo)]
        quotes += [0, 2, 3].map { Quote(flow.translatedRequest(), transportBytes: $0) }
        if family == .v4 {
            var header = IPv4(flow.client.address, flow.backend.address)
            header.fragment = 0x0010
            quotes.append(Quote(Ethernet() / header / Raw([156, 64, 31, 144, 0, 12, 0, 0], number: 17)))
        } else {
            let extended =
                Ethernet() / IP(flow.client.address, flow.backend.address) / Extension(kind: 60) / UDP(40000, 8080)
            quotes.append(Quote(extended, transportBytes: 16))
        }
        for quote in quotes {
            let packet = error(about: quote, from: flow.backend.address, to: flow.client.address)
            try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.icmpUnrelated])
        }
    }

    /// Every length of the quote, from none at all.
    @Test(arguments: AddressFamily.allCases) func aQuoteThatEndsInItsHeaderPasses(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, .udp)
        try bench.write(flow.entries(service: 3, ways: ways(bench)))
        for count in 0..<(family == .v4 ? 20 : 40) {
            let part = Raw(Array(Quote(flow.translatedRequest()).bytes.prefix(count)))
            let packet =
                Ethernet() / IP(flow.backend.address, flow.client.address) / ICMP(family, .portUnreachable) / part
            try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.icmpUnrelated])
        }
    }

    /// Echo, its answer, router and neighbour discovery, timestamps; an ICMP header that is cut short.
    @Test(arguments: AddressFamily.allCases) func messagesThatAreNoErrorsPass(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, .udp)
        try bench.write(flow.entries(service: 3, ways: ways(bench)))
        let types: [UInt8] = family == .v4 ? [0, 5, 8, 9, 13] : [0, 5, 100, 128, 129, 133, 135]
        for type in types {
            let packet =
                Ethernet() / IP(flow.backend.address, flow.client.address) / ICMP(family, type: type)
                / Quote(flow.translatedRequest())
            try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.notTCPUDP])
        }
        let short = Raw([family == .v4 ? 3 : 1, 3, 0, 0, 0, 0, 0], number: family == .v4 ? 1 : 58)
        let packet = Ethernet() / IP(flow.backend.address, flow.client.address) / short
        try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.notTCPUDP])
    }

    /// Its quote may be in pieces.
    @Test func anErrorInFragmentsPasses() throws {
        let bench = try ProgramBench(Self.programs, .v4)
        let flow = flow(bench, .udp)
        try bench.write(flow.entries(service: 3, ways: ways(bench)))
        for fragment: UInt16 in [0x2000, 0x0010] {
            var header = IPv4(flow.backend.address, flow.client.address)
            header.fragment = fragment
            let packet = Ethernet() / header / ICMP(.v4, .portUnreachable) / Quote(flow.translatedRequest())
            try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.notTCPUDP])
        }
    }

    @Test(arguments: everyTransport) func anErrorOnItsLastHopIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: flow.established))
        let packet = error(
            about: Quote(flow.translatedRequest()), from: flow.backend.address, to: flow.client.address, ttl: 1)
        try bench.expect(packet, at: bench.node.pods[1], gives: .pass, counted: [.ttlExpired])
    }

    /// The packets of such a flow bear the backend's address, and so do errors about them.
    @Test(arguments: everyTransport) func anErrorAboutAConnectTimeFlowIsNotTranslated(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = flow(bench, transport)
        flow.frontend = flow.backend
        try bench.write(flow.entries(service: 3, flags: .connectTime, seen: flow.established))
        let packet = error(
            about: Quote(flow.translatedRequest()), from: flow.backend.address, to: flow.client.address)
        try bench.expect(
            packet, at: bench.node.pods[1], gives: .pass, counted: [.tracked],
            entries: flow.entries(
                service: 3, flags: .connectTime, seen: flow.established, answered: (1, packet.ipLength)))
    }

    /// It says that something has gone wrong, not that the flow is over.
    @Test(arguments: AddressFamily.allCases) func anErrorDoesNotMoveTheStateOfTCP(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, .tcp)
        try bench.write(flow.entries(service: 3, ways: ways(bench), seen: .syn))
        let packet = error(
            about: Quote(flow.translatedRequest()), from: flow.backend.address, to: flow.client.address)
        _ = try bench.run([packet.bytes], at: bench.node.pods[1])
        #expect(try bench.entries().values.allSatisfy { $0.seen == .syn })
    }
}
