// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// The overlay: what the first node sends into it, and what the second one sends back.
///
/// A program run has no tunnel metadata, so what comes out of the overlay is shown on real devices elsewhere.
@Suite(.needsKernel) struct AcrossNodesTests {
    private static let programs = ["from_uplink", "from_workload", "to_uplink", "from_overlay"]

    private func remote(_ address: IPAddress) -> Backend {
        Backend(endpoint: Endpoint(address: address, port: 8080), isLocal: false)
    }

    /// At the first node, whose entries translate nothing.
    private func forwarded(_ bench: ProgramBench, _ transport: TransportProtocol) -> Flow {
        let asked = ProgramBench.FrontendKind.nodePort.endpoint(on: bench.cast)
        return Flow(
            transport: transport, client: Endpoint(address: bench.cast.stranger, port: 40000), frontend: asked,
            backend: asked)
    }

    /// At the second node, for an address of the first one.
    private func served(_ bench: ProgramBench, _ transport: TransportProtocol) -> Flow {
        var flow = forwarded(bench, transport)
        flow.frontend.address = bench.cast.otherNode
        flow.backend = Endpoint(address: bench.cast.local, port: 8080)
        return flow
    }

    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.tunnel(bench.cast.otherNode), .neighbour(bench.node.uplink, via: bench.cast.gateway))
    }

    @Test(arguments: everyTransport) func aBackendOnAnotherNodeIsSentTheRequestAsItCame(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let service = try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
        let flow = forwarded(bench, transport)
        let request = flow.request()
        try bench.expect(
            request, by: "from_uplink", gives: .redirect, counted: [.forwardTunnel, .newConnection],
            entries: flow.entries(
                service: service, ways: ways(bench), flags: [.outside, .tunnel], seen: flow.opened,
                sent: (1, request.ipLength)))
        try bench.expect(
            flow.request(.ack), by: "from_uplink", gives: .redirect, counted: [.forwardTunnel],
            entries: flow.entries(
                service: service, ways: ways(bench), flags: [.outside, .tunnel],
                seen: transport == .tcp ? [.syn, .ack] : [],
                sent: (2, request.ipLength + flow.request(.ack).ipLength)))
    }

    @Test(arguments: everyTransport) func anExternalAddressIsForwardedLikeANodePort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(
            at: [.externalIP(bench.cast.virtual), .loadBalancer(bench.cast.secondVirtual)],
            by: [remote(bench.cast.remote)])
        for address in [bench.cast.virtual, bench.cast.secondVirtual] {
            var flow = forwarded(bench, transport)
            flow.frontend = Endpoint(address: address, port: 80)
            let request = flow.request()
            let outcome = try bench.run([request.bytes], by: "from_uplink")[0]
            #expect(outcome.verdict == .redirect)
            #expect(outcome.packet == request.bytes)
        }
        #expect(try bench.counters() == [.forwardTunnel: 2, .newConnection: 2])
    }

    /// The node that gets it counts the hop, and answers a packet that was on its last one.
    @Test(arguments: everyTransport) func theOverlayIsNoHop(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
        let packet = forwarded(bench, transport).request(ttl: 1).bytes
        let outcome = try bench.run([packet], by: "from_uplink")[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == packet)
    }

    /// Whether the answers go straight from the second node is decided by `--return` and the client's address.
    @Test(arguments: everyTransport) func directServerReturnIsRecordedForClientsThatGetIt(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for isExcepted in [false, true] {
            let bench = try ProgramBench(Self.programs, family) { setup in
                setup.options.returnPath = .dsr
                if isExcepted {
                    setup.options.noDSR = [Prefix(around: Cast(family).stranger, length: family == .v4 ? 24 : 64)]
                }
            }
            try bench.route(Prefix(host: bench.cast.gateway), .host, .remote(via: bench.cast.gateway))
            let service = try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
            let flow = forwarded(bench, transport)
            try bench.expect(
                flow.request(), by: "from_uplink", gives: .redirect, counted: [.forwardTunnel, .newConnection],
                entries: flow.entries(
                    service: service, ways: ways(bench),
                    flags: isExcepted ? [.outside, .tunnel] : [.outside, .tunnel, .dsr], seen: flow.opened,
                    sent: (1, flow.request().ipLength)))
        }
    }

    /// The host stack may have something to say about a backend of which nobody has told us the node.
    @Test(arguments: everyTransport) func aBackendWhoseNodeIsUnknownIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [remote(bench.cast.secondVirtual)])
        try bench.expect(
            forwarded(bench, transport).request(), by: "from_uplink", gives: .pass, counted: [.noNode])
    }

    @Test(arguments: everyTransport) func withoutAnOverlayABackendOnAnotherNodeIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.node.overlayIndex = 0 }
        try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
        try bench.expect(
            forwarded(bench, transport).request(), by: "from_uplink", gives: .pass, counted: [.noNode])
    }

    /// An answer that comes back through the overlay could not be sent on.
    @Test(arguments: everyTransport) func aClientThatTheKernelCannotReachIsNotForwarded(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
        var flow = forwarded(bench, transport)
        flow.client.address = bench.cast.unreachable
        try bench.expect(flow.request(), by: "from_uplink", gives: .pass, counted: [.noWay])
    }

    /// In it may be a packet for us, once it is unpacked.
    @Test(arguments: AddressFamily.allCases) func theOverlaysOwnPacketsPassTheUplink(family: AddressFamily) throws {
        for port in [EnableOptions.defaultOverlayPort, 4789] {
            let bench = try ProgramBench(Self.programs, family) { $0.options.overlayPort = port }
            for destination in [EnableOptions.defaultOverlayPort, 4789] {
                let packet =
                    Ethernet() / IP(bench.cast.otherNode, bench.cast.node) / UDP(50000, destination) / "outer"
                try bench.expect(
                    packet, by: "from_uplink", gives: .pass,
                    counted: [destination == port ? .overlay : .notService])
            }
        }
        let bench = try ProgramBench(Self.programs, family) { $0.node.overlayIndex = 0 }
        let packet =
            Ethernet() / IP(bench.cast.otherNode, bench.cast.node)
            / UDP(50000, EnableOptions.defaultOverlayPort) / "outer"
        try bench.expect(packet, by: "from_uplink", gives: .pass, counted: [.notService])
    }

    /// TCP with the same port has nothing to do with it.
    @Test(arguments: AddressFamily.allCases) func onlyUDPIsTheOverlays(family: AddressFamily) throws {
        let bench = try ProgramBench(Self.programs, family)
        let packet =
            Ethernet() / IP(bench.cast.otherNode, bench.cast.node)
            / TCP(50000, EnableOptions.defaultOverlayPort, .syn)
        try bench.expect(packet, by: "from_uplink", gives: .pass, counted: [.notService])
    }

    /// Of a packet that did not come through our network nobody knows who sent it.
    @Test(arguments: everyTransport) func whatHasNotComeThroughOurNetworkIsDroppedAtTheOverlay(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [Backend(endpoint: served(bench, transport).backend, isLocal: true)])
        let request = served(bench, transport).request()
        try bench.expect(request, by: "from_overlay", gives: .drop, counted: [.overlayUnknownSender])
        let echo = Ethernet() / IP(bench.cast.stranger, bench.cast.node) / ICMP(family, type: 8) / "ping"
        try bench.expect(echo, by: "from_overlay", gives: .drop, counted: [.overlayUnknownSender])
    }

    @Test func whatIsNotIPIsDroppedAtTheOverlayOnce() throws {
        let packet = Ethernet(type: 0x0806) / Raw([UInt8](repeating: 7, count: 28))
        let (v4, v6) = (try ProgramBench(Self.programs, .v4), try ProgramBench(Self.programs, .v6))
        try v4.expect(packet, by: "from_overlay", gives: .drop, counted: [.overlayUnserved])
        try v6.expect(packet, by: "from_overlay", gives: .pass, counted: [])
    }

    /// The pod's answer bears the address that the client asked for, which is the first node's.
    @Test(arguments: everyTransport) func theAnswerGoesBackThroughTheOverlay(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = served(bench, transport)
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.tunnel(bench.cast.otherNode))
        let flags: Entry.Flags = [.outside, .tunnel]
        try bench.write(flow.entries(service: 3, ways: ways, flags: flags, seen: flow.established))
        try bench.expect(
            flow.reply(), at: bench.node.pods[1], gives: .redirect, flow.translatedReply(), counted: [.forwardTunnel],
            entries: flow.entries(
                service: 3, ways: ways, flags: flags, seen: flow.established,
                answered: (1, flow.reply().ipLength)))
    }

    @Test(arguments: everyTransport) func withDirectServerReturnTheAnswerLeavesByTheUplink(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = served(bench, transport)
        let ways = (
            Entry.Way.peer(bench.node.pods[1]), Entry.Way.neighbour(bench.node.uplink, via: bench.cast.gateway)
        )
        let flags: Entry.Flags = [.outside, .tunnel, .dsr]
        try bench.write(flow.entries(service: 3, ways: ways, flags: flags, seen: flow.established))
        try bench.expect(
            flow.reply(), at: bench.node.pods[1], gives: .redirect, flow.translatedReply(ttl: 63),
            counted: [.forwardNeighbor],
            entries: flow.entries(
                service: 3, ways: ways, flags: flags, seen: flow.established,
                answered: (1, flow.reply().ipLength)))
    }

    /// The host stack has brought it to the uplink, which is not where it has to go.
    @Test(.needsIngressOfRuns, arguments: everyTransport)
    func anAnswerThroughTheHostStackTurnsIntoTheOverlayAtTheUplink(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = served(bench, transport)
        let ways = (Entry.Way.stack, Entry.Way.tunnel(bench.cast.otherNode))
        let flags: Entry.Flags = [.outside, .tunnel, .clientSide]
        try bench.write(flow.entries(service: 3, ways: ways, flags: flags, seen: flow.established))
        try bench.expect(flow.reply(), at: bench.node.pods[1], gives: .pass, counted: [.clientSide])
        try bench.expect(
            flow.reply(), by: "to_uplink", ingress: bench.node.pods[1], gives: .redirect, flow.translatedReply(),
            counted: [.forwardTunnel],
            entries: flow.entries(
                service: 3, ways: ways, flags: flags, seen: flow.established,
                answered: (1, flow.reply().ipLength)))
    }

    /// The first node sees one direction only, so the client's FIN alone is the end as far as it can tell.
    @Test(arguments: AddressFamily.allCases) func withDirectServerReturnOneFINFreesTheTuple(
        family: AddressFamily
    ) throws {
        for (flags, isFree) in [(Entry.Flags([.outside, .tunnel, .dsr]), true), ([.outside, .tunnel], false)] {
            let bench = try ProgramBench(Self.programs, family)
            try bench.serve(at: [.nodePort], by: [remote(bench.cast.remote)])
            let flow = forwarded(bench, .tcp)
            try bench.write(flow.entries(service: 99, ways: ways(bench), flags: flags, seen: [.syn, .ack, .clientFin]))
            _ = try bench.run([flow.request().bytes], by: "from_uplink")
            #expect(try bench.counters()[.expired] == (isFree ? 1 : nil))
            #expect(try bench.counters()[.newConnection] == (isFree ? 1 : nil))
        }
    }
    /// The second node sees both directions: a client that has no more to say may still have a lot to hear.
    @Test(arguments: AddressFamily.allCases) func withDirectServerReturnAHalfClosedConnectionLivesOnAtItsBackend(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = served(bench, .tcp)
        let ways = (
            Entry.Way.peer(bench.node.pods[1]), Entry.Way.neighbour(bench.node.uplink, via: bench.cast.gateway)
        )
        for seen: Entry.Seen in [[.established, .clientFin], [.established, .backendFin]] {
            try bench.write(
                flow.entries(service: 3, ways: ways, flags: [.outside, .tunnel], seen: seen),
                age: ProgramBench.timeouts.tcpFinsSeen + .seconds(2))
            let outcome = try bench.run([flow.reply().bytes], at: bench.node.pods[1])[0]
            #expect(outcome.verdict == .redirect)
            #expect(outcome.packet == flow.translatedReply(ttl: 63).bytes)
        }
    }
}
