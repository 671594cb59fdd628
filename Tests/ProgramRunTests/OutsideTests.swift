// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// A client outside calls a service whose backend is on this node: what comes in by the uplink, and its answers.
@Suite(.needsKernel) struct OutsideTests {
    private static let programs = ["from_uplink", "from_workload", "to_workload", "to_uplink"]

    /// What a client may ask for, by names that a failure shows.
    private static let kinds = ["node port", "external IP", "load balancer", "cluster IP"]
    private static let everyKind = everyTransport.flatMap { family, transport in
        kinds.map { (family, transport, $0) }
    }

    private func kind(_ name: String, _ cast: Cast) -> ProgramBench.FrontendKind {
        switch name {
        case "node port": .nodePort
        case "external IP": .externalIP(cast.virtual)
        case "load balancer": .loadBalancer(cast.virtual)
        default: .clusterIP(cast.virtual)
        }
    }

    private func flow(
        _ bench: ProgramBench, _ transport: TransportProtocol, at kind: ProgramBench.FrontendKind = .nodePort,
        to backend: IPAddress? = nil
    ) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.stranger, port: 40000),
            frontend: kind.endpoint(on: bench.cast),
            backend: Endpoint(address: backend ?? bench.cast.local, port: 8080))
    }

    private func backend(_ address: IPAddress, isLocal: Bool = true) -> Backend {
        Backend(endpoint: Endpoint(address: address, port: 8080), isLocal: isLocal)
    }

    /// Into the pod, and back to the client by the default route.
    private func ways(_ bench: ProgramBench) -> (Entry.Way, Entry.Way) {
        (.peer(bench.node.pods[1]), .neighbour(bench.node.uplink, via: bench.cast.gateway))
    }

    @Test(arguments: everyKind.indices) func aRequestGoesFromTheUplinkStraightIntoThePod(index: Int) throws {
        let (family, transport, name) = Self.everyKind[index]
        let bench = try ProgramBench(Self.programs, family)
        let kind = kind(name, bench.cast)
        let service = try bench.serve(at: [kind], by: [backend(bench.cast.local)])
        let flow = flow(bench, transport, at: kind)
        try bench.expect(
            flow.request(), by: "from_uplink", gives: .redirect, flow.translatedRequest(ttl: 63),
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: ways(bench), flags: .outside, seen: flow.opened,
                sent: (1, flow.request().ipLength)))
    }

    /// A switch floods it, or somebody listens on the uplink: the machine that it is for serves it.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aFrameForAnotherMachineIsNotServed(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.loadBalancer(bench.cast.virtual)], by: [backend(bench.cast.local)])
        let packet = flow(bench, transport, at: .loadBalancer(bench.cast.virtual)).request().bytes
        let frame =
            Ethernet.turned / Raw(Array(packet.dropFirst(Ethernet.size)), number: family == .v4 ? 0x0800 : 0x86dd)
        try bench.expect(frame, by: "from_uplink", gives: .pass, counted: [.otherMachine])
    }

    /// The client is in no route: that its request was let in is enough for its answer to be let out.
    @Test(arguments: everyTransport) func theAnswerGoesFromThePodStraightOutOfTheUplink(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        let known = flow.entries(service: 3, ways: ways(bench), flags: .outside, seen: flow.established)
        try bench.write(known)
        try bench.expect(
            flow.reply(), at: bench.node.pods[1], gives: .redirect, flow.translatedReply(ttl: 63),
            counted: [.forwardNeighbor],
            entries: flow.entries(
                service: 3, ways: ways(bench), flags: .outside, seen: flow.established,
                answered: (1, flow.reply().ipLength)))
    }

    /// The host stack counts the hop itself.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func throughTheHostStackBothWaysAreTranslatedAtTheUplink(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.options.forwarding = .stack }
        let service = try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        let flow = flow(bench, transport)
        let flags: Entry.Flags = [.outside, .clientSide]
        let length = flow.request().ipLength
        try bench.expect(
            flow.request(), by: "from_uplink", gives: .pass, flow.translatedRequest(),
            counted: [.forwardStack, .newConnection],
            entries: flow.entries(service: service, flags: flags, seen: flow.opened, sent: (1, length)))
        // At the pod it is a packet like any other, on its way in and on its way out.
        try bench.expect(
            flow.translatedRequest(), by: "to_workload", at: bench.node.pods[1], ingress: bench.node.uplink,
            gives: .pass, counted: [.notService])
        try bench.expect(flow.reply(), at: bench.node.pods[1], gives: .pass, counted: [.clientSide])
        try bench.expect(
            flow.reply(), by: "to_uplink", ingress: bench.node.pods[1], gives: .pass, flow.translatedReply(),
            counted: [.forwardStack],
            entries: flow.entries(
                service: service, flags: flags, seen: flow.opened, sent: (1, length),
                answered: (1, flow.reply().ipLength)))
    }

    /// A process of the node is no workload: the host stack delivers.
    @Test(arguments: everyTransport) func aBackendOfTheNodeItselfIsReachedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for isKnown in [true, false] {
            let bench = try ProgramBench(Self.programs, family)
            let service = try bench.serve(at: [.nodePort], by: [backend(bench.cast.node, isLocal: isKnown)])
            let flow = flow(bench, transport, to: bench.cast.node)
            try bench.expect(
                flow.request(), by: "from_uplink", gives: .pass, flow.translatedRequest(),
                counted: [.forwardStack, .newConnection],
                entries: flow.entries(
                    service: service, flags: [.outside, .clientSide], seen: flow.opened,
                    sent: (1, flow.request().ipLength)))
        }
    }

    /// The pod's address was given to another node since the service was written: `routes` knows better.
    @Test(arguments: everyTransport) func aBackendWhoseRouteIsLocalIsLocalWhateverItsSlotSays(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.local, isLocal: false)])
        let flow = flow(bench, transport)
        try bench.expect(
            flow.request(), by: "from_uplink", gives: .redirect, flow.translatedRequest(ttl: 63),
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: 70, ways: ways(bench), flags: .outside, seen: flow.opened,
                sent: (1, flow.request().ipLength)))
    }

    /// A node port is a port of this node's own addresses; for others this node may be just a router.
    @Test(arguments: everyTransport) func aNodePortOfAnotherAddressIsNotServed(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        for address in [bench.cast.otherNode, bench.cast.local, bench.cast.virtual, bench.cast.gateway] {
            var flow = flow(bench, transport)
            flow.frontend.address = address
            try bench.expect(flow.request(), by: "from_uplink", gives: .pass, counted: [.notService])
            try bench.expect(flow.request(), gives: .pass, counted: [.notService])
        }
    }

    /// The zero address in the table is no address to ask for.
    @Test(arguments: everyTransport) func aNodePortIsServedOnEveryAddressOfTheNodeAndNoOtherPort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        let second = bench.cast.gateway
        try bench.route(
            Prefix(host: second), .host, .local(InterfaceReference(name: nil, index: bench.node.uplink)))
        var flow = flow(bench, transport)
        flow.frontend.address = second
        #expect(try bench.run([flow.request().bytes], by: "from_uplink")[0].verdict == .redirect)
        flow.frontend.port = 30081
        try bench.expect(flow.request(), by: "from_uplink", gives: .pass, counted: [.notService])
    }

    /// An address with a frontend of its own is not a node port, whatever the port.
    @Test(arguments: everyTransport) func anExactFrontendComesBeforeANodePort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.remote, isLocal: false)])
        try bench.serve(bench.cast.node, port: 30080, by: [backend(bench.cast.local)])
        let outcome = try bench.run([flow(bench, transport).request().bytes], by: "from_uplink")[0]
        #expect(try Dissection(outcome.packet).destination.address == bench.cast.local)
    }

    @Test(arguments: everyTransport) func aPodReachesANodePortOfItsOwnNode(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let service = try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        var flow = flow(bench, transport)
        flow.client.address = bench.cast.client
        try bench.expect(
            flow.request(), gives: .redirect, flow.translatedRequest(ttl: 63),
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: (.peer(bench.node.pods[1]), .peer(bench.node.pods[0])), seen: flow.opened,
                sent: (1, flow.request().ipLength)))
    }

    /// Packets of the one direction where the other is served; the host stack may still have use for them.
    @Test(arguments: everyTransport) func aFlowFromOutsideIsServedInItsOwnDirectionsOnly(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport)
        try bench.write(flow.entries(service: 3, ways: ways(bench), flags: .outside, seen: flow.established))
        try bench.expect(flow.reply(), by: "from_uplink", gives: .pass, counted: [.clientSide])
        try bench.expect(flow.request(.ack), by: "to_uplink", gives: .pass, counted: [.clientSide])
    }

    /// Somebody has to tell the client, and that is the host stack.
    @Test(arguments: everyTransport) func aRequestOnItsLastHopIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        let flow = flow(bench, transport)
        try bench.expect(flow.request(ttl: 1), by: "from_uplink", gives: .pass, counted: [.ttlExpired])
    }

    /// A request that goes past the host stack needs an answer that does: without a way to the client there is none.
    @Test(arguments: everyTransport) func aClientThatTheKernelCannotReachIsServedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let service = try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        var flow = flow(bench, transport)
        flow.client.address = bench.cast.unreachable
        try bench.expect(
            flow.request(), by: "from_uplink", gives: .pass, flow.translatedRequest(),
            counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: [.outside, .clientSide], seen: flow.opened,
                sent: (1, flow.request().ipLength)))
    }

    /// A node port is a port like others to a socket that sends from it: the answer is no request.
    @Test(arguments: AddressFamily.allCases) func anAnswerToAPortThatIsANodePortIsNotTakenForARequest(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: [backend(bench.cast.local)])
        let stranger = Endpoint(address: bench.cast.stranger, port: 53)
        let query = Flow(
            transport: .udp, client: ProgramBench.FrontendKind.nodePort.endpoint(on: bench.cast), frontend: stranger,
            backend: stranger)
        let length = query.request().ipLength
        try bench.expect(
            query.request(), by: "to_uplink", gives: .pass, counted: [.tracked, .newConnection],
            entries: query.entries(service: 0, flags: .noService, sent: (1, length)))
        try bench.expect(
            query.reply(), by: "from_uplink", gives: .pass, counted: [.tracked],
            entries: query.entries(service: 0, flags: .noService, sent: (1, length), answered: (1, length)))
    }

    /// A pod here has asked another node, which has sent the request back here: the host stack has seen it leave.
    @Test(arguments: everyTransport) func aRequestThatCameInByTheOverlayIsNotTakenFromTheClientPodAsWell(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        var flow = flow(bench, transport)
        flow.client.address = bench.cast.client
        let known = flow.entries(
            service: 3, ways: (.peer(bench.node.pods[1]), .tunnel(bench.cast.otherNode)),
            flags: [.outside, .tunnel], seen: flow.established)
        try bench.write(known)
        try bench.expect(flow.request(.ack), gives: .pass, counted: [.clientSide], entries: known)
    }
}
