// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Which way a packet takes, at each hook, and on which side it is translated.
@Suite(.needsKernel) struct ForwardingTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]

    private func flow(
        _ bench: ProgramBench, _ transport: TransportProtocol, from client: IPAddress? = nil, to backend: IPAddress
    ) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: client ?? bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: backend, port: 8080))
    }

    @Test(arguments: everyTransport) func aBackendOnAnotherNodeIsReachedByTheKernelsRoute(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.remote)
        let flow = flow(bench, transport, to: bench.cast.remote)
        let packet = flow.request()
        try bench.expect(
            packet, gives: .redirect, flow.translatedRequest(ttl: 63),
            counted: [.forwardNeighbor, .newConnection],
            entries: flow.entries(
                service: service,
                ways: (
                    .neighbour(bench.node.uplink, via: bench.cast.otherNode), .peer(bench.node.pods[0])
                ),
                seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// Nothing is known about the backend's place, so netfilter may have a say: it sees the translated flow both ways.
    @Test(arguments: everyTransport) func aBackendWithoutRouteIsReachedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.stranger)
        let flow = flow(bench, transport, to: bench.cast.stranger)
        let packet = flow.request()
        try bench.expect(
            packet, gives: .pass, flow.translatedRequest(ttl: 64), counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// The way back decides as well: a client without route must not be answered past a netfilter that saw it come.
    @Test(arguments: everyTransport) func aClientWithoutRouteIsServedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport, from: bench.cast.stranger, to: bench.cast.local)
        let packet = flow.request()
        try bench.expect(
            packet, gives: .pass, flow.translatedRequest(ttl: 64), counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    @Test(arguments: everyTransport) func stackForwardingTranslatesAndLeavesTheWayToTheHost(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family) { $0.options.forwarding = .stack }
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport, to: bench.cast.local)
        let packet = flow.request()
        try bench.expect(
            packet, gives: .pass, flow.translatedRequest(ttl: 64), counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// The backend's side leaves such a flow alone, in both directions; the client's side translates it.
    @Test(arguments: everyTransport) func aFlowThroughTheHostStackIsTranslatedOnTheClientsDeviceOnly(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(bench, transport, to: bench.cast.stranger)
        let seen: Entry.Seen = transport == .tcp ? .established : []
        let known = flow.entries(service: 3, flags: .clientSide, seen: seen)
        try bench.write(known)
        let answer = flow.reply()
        for program in ["from_workload", "from_uplink"] {
            try bench.expect(answer, by: program, gives: .pass, counted: [.clientSide])
        }
        try bench.expect(flow.request(.ack), by: "to_workload", gives: .pass, counted: [.clientSide])
        try bench.expect(flow.request(.ack), by: "to_uplink", gives: .pass, counted: [.clientSide])
        try bench.expect(
            answer, by: "to_workload", gives: .pass, flow.translatedReply(ttl: 64), counted: [.forwardStack],
            entries: flow.entries(
                service: 3, flags: .clientSide, seen: seen, answered: (1, answer.ipLength)))
    }

    /// A process of the node calls a service: its packet reaches the uplink's egress, on a route made for the service,
    /// and the host stack has counted the hop already.
    @Test(arguments: everyTransport) func aCallOfTheHostIsTranslatedAsItLeaves(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        let service = try bench.serve(by: bench.cast.remote)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.remote)
        let packet = flow.request()
        try bench.expect(
            packet, by: "to_uplink", gives: .redirect, flow.translatedRequest(ttl: 64),
            counted: [.forwardNeighbor, .newConnection],
            entries: flow.entries(
                service: service, ways: (.neighbour(bench.node.uplink, via: bench.cast.otherNode), .stack),
                seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// At egress nothing is peered: the pod is reached through its device.
    @Test(arguments: everyTransport) func aCallOfTheHostToALocalPodIsSentToItsDevice(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.local)
        let packet = flow.request()
        try bench.expect(
            packet, by: "to_uplink", gives: .redirect, flow.translatedRequest(ttl: 64),
            counted: [.forwardNeighbor, .newConnection],
            entries: flow.entries(
                service: service, ways: (.neighbour(bench.node.pods[1], via: bench.cast.local), .stack),
                seen: flow.opened, sent: (1, packet.ipLength)))
    }

    @Test(arguments: everyTransport) func aCallOfTheHostToItselfIsLeftAlone(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        try bench.serve(by: bench.cast.node)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.node)
        try bench.expect(flow.request(), by: "to_uplink", gives: .pass, counted: [.hostToItself])
    }

    /// The answer of a remote backend to a process of this node comes in by the uplink and goes up the stack.
    @Test(arguments: everyTransport) func theAnswerToTheHostIsTranslatedAsItComesIn(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["from_uplink"], family)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.remote)
        let ways = (Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.stack)
        let seen: Entry.Seen = transport == .tcp ? .established : []
        try bench.write(flow.entries(service: 3, ways: ways, seen: seen))
        let answer = flow.reply()
        try bench.expect(
            answer, by: "from_uplink", gives: .pass, flow.translatedReply(ttl: 64), counted: [.forwardStack],
            entries: flow.entries(service: 3, ways: ways, seen: seen, answered: (1, answer.ipLength)))
    }

    @Test(arguments: everyTransport) func theAnswerToAPodGoesFromTheUplinkStraightIntoThePod(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["from_uplink"], family)
        let flow = flow(bench, transport, to: bench.cast.remote)
        let ways = (
            Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.peer(bench.node.pods[0])
        )
        let seen: Entry.Seen = transport == .tcp ? .established : []
        try bench.write(flow.entries(service: 3, ways: ways, seen: seen))
        let answer = flow.reply()
        try bench.expect(
            answer, by: "from_uplink", gives: .redirect, flow.translatedReply(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(service: 3, ways: ways, seen: seen, answered: (1, answer.ipLength)))
    }

    /// A request that comes in by an uplink is not cluster traffic; NodePorts are served elsewhere.
    @Test(arguments: everyTransport) func aRequestOfAKnownFlowAtTheUplinksIngressPasses(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["from_uplink"], family)
        let flow = flow(bench, transport, to: bench.cast.local)
        try bench.write(flow.entries(service: 3))
        try bench.expect(flow.request(), by: "from_uplink", gives: .pass, counted: [.clientSide])
    }

    /// Past the host stack nobody else counts the hop, so nobody else would notice that there are none left.
    @Test(arguments: everyTransport) func aPacketOnItsLastHopIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for ttl: UInt8 in [0, 1] {
            let bench = try ProgramBench(family)
            try bench.serve(by: bench.cast.remote)
            let flow = flow(bench, transport, to: bench.cast.remote)
            try bench.expect(flow.request(ttl: ttl), gives: .pass, counted: [.ttlExpired])
            let ways = (
                Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.peer(bench.node.pods[0])
            )
            try bench.write(flow.entries(service: 3, ways: ways))
            try bench.expect(flow.request(ttl: ttl), gives: .pass, counted: [.ttlExpired])
            try bench.expect(flow.reply(ttl: ttl), gives: .pass, counted: [.ttlExpired])
        }
    }

    @Test(arguments: everyTransport) func whatTheHostSendsWithOneHopLeftLeavesWithIt(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        try bench.serve(by: bench.cast.remote)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.remote)
        let outcome = try bench.run([flow.request(ttl: 1).bytes], by: "to_uplink")[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == flow.translatedRequest(ttl: 1).bytes)
    }

    /// Without a way nothing is begun, and the packet goes where the host stack sends it.
    @Test(arguments: everyTransport) func aCallOfTheHostThatTheKernelCannotRouteIsLeftAlone(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        try bench.serve(by: bench.cast.unreachable)
        let flow = flow(bench, transport, from: bench.cast.node, to: bench.cast.unreachable)
        try bench.expect(flow.request(), by: "to_uplink", gives: .pass, counted: [.noWay])
    }

    /// A node is no workload: the stack translates the source of what leaves the pods for it.
    @Test(arguments: everyTransport) func aBackendOnANodeIsReachedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for node in [Cast(family).node, Cast(family).otherNode] {
            let bench = try ProgramBench(family)
            let service = try bench.serve(by: node)
            let flow = flow(bench, transport, to: node)
            let packet = flow.request()
            try bench.expect(
                packet, gives: .pass, flow.translatedRequest(ttl: 64), counted: [.forwardStack, .newConnection],
                entries: flow.entries(
                    service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
        }
    }

    /// The host stack's reverse path filter decides about a pod that uses another pod's address.
    @Test(arguments: everyTransport) func aPodWithAnotherPodsAddressDoesNotPassTheHostStackBy(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.remote)
        let flow = flow(bench, transport, to: bench.cast.remote)
        let packet = flow.request()
        try bench.expect(
            packet, at: bench.node.pods[1], gives: .pass, flow.translatedRequest(ttl: 64),
            counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// A flow that began past the host stack meets the uplink's egress: at egress there is no handing over to a pod.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aKnownFlowAtTheUplinksEgressIsSentToADevice(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["to_uplink"], family)
        let flow = flow(bench, transport, to: bench.cast.local)
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        let seen: Entry.Seen = transport == .tcp ? .established : []
        try bench.write(flow.entries(service: 3, ways: ways, seen: seen))
        let packet = flow.request(.ack)
        try bench.expect(
            packet, by: "to_uplink", ingress: bench.node.pods[0], gives: .redirect,
            flow.translatedRequest(.ack, ttl: 64), counted: [.forwardNeighbor],
            entries: flow.entries(service: 3, ways: ways, seen: seen, sent: (1, packet.ipLength)))
    }

    @Test(arguments: everyTransport) func theSecondToLastHopIsStillForwarded(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport, to: bench.cast.local)
        let outcome = try bench.run([flow.request(ttl: 2).bytes])[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == flow.translatedRequest(ttl: 1).bytes)
    }

    /// The stack counts the hop itself, and answers with the address that the client knows.
    @Test(arguments: everyTransport) func throughTheHostStackTheLastHopIsTheStacksBusiness(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.stranger)
        let flow = flow(bench, transport, to: bench.cast.stranger)
        let packet = flow.request(ttl: 1)
        try bench.expect(
            packet, gives: .pass, flow.translatedRequest(ttl: 1), counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// The entry keeps its way for a second, then asks again; a pod that has moved is found.
    @Test(arguments: AddressFamily.allCases) func aKnownFlowFollowsAChangedRouteWithinASecond(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp, to: bench.cast.local)
        let packet = flow.request()
        _ = try bench.run([packet.bytes])
        try bench.route(Prefix(host: bench.cast.local), .workload, .remote(via: bench.cast.otherNode))
        let stale = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        try bench.expect(
            packet, gives: .redirect, flow.translatedRequest(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(service: service, ways: stale, sent: (2, 2 * packet.ipLength)))
        try bench.setLastSeen([flow.requestKey, flow.replyKey], ago: .seconds(2))
        let fresh = (Entry.Way.neighbour(bench.node.pods[1], via: bench.cast.local), stale.1)
        try bench.expect(
            packet, gives: .redirect, flow.translatedRequest(ttl: 63), counted: [.forwardNeighbor],
            entries: flow.entries(service: service, ways: fresh, sent: (3, 3 * packet.ipLength)))
    }

    /// Servers speak second: that the client's packet has just been seen must not keep their way from being asked for.
    @Test(arguments: AddressFamily.allCases) func theDirectionThatSpeaksSecondFollowsItsRouteToo(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp, to: bench.cast.local)
        let (request, reply) = (flow.request(), flow.reply())
        _ = try bench.run([request.bytes])
        try bench.route(Prefix(host: bench.cast.client), .workload, .remote(via: bench.cast.otherNode))
        try bench.setLastSeen([flow.requestKey, flow.replyKey], ago: .seconds(2))
        _ = try bench.run([request.bytes])
        let pods = bench.node.pods
        let fresh = (Entry.Way.peer(pods[1]), Entry.Way.neighbour(pods[0], via: bench.cast.client))
        try bench.expect(
            reply, at: pods[1], gives: .redirect, flow.translatedReply(ttl: 63), counted: [.forwardNeighbor],
            entries: flow.entries(
                service: service, ways: fresh, sent: (2, 2 * request.ipLength), answered: (1, reply.ipLength)))
    }

    /// netfilter must not see half of a flow: without a route a direct flow keeps the way it had.
    @Test(arguments: AddressFamily.allCases) func aKnownFlowNeverChangesFromDirectToTheHostStack(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .udp, to: bench.cast.local)
        let packet = flow.request()
        _ = try bench.run([packet.bytes])
        try bench.removeRoute(Prefix(host: bench.cast.local))
        try bench.setLastSeen([flow.requestKey, flow.replyKey], ago: .seconds(2))
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        try bench.expect(
            packet, gives: .redirect, flow.translatedRequest(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(service: service, ways: ways, sent: (2, 2 * packet.ipLength)))
    }

    /// Its packets already bear the backend's address: they are counted and go the host stack's way.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aFlowBalancedAtConnectTimeIsCountedAndNotTranslated(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let pod = Endpoint(address: bench.cast.client, port: 40000)
        let backend = Endpoint(address: bench.cast.local, port: 8080)
        let flow = Flow(transport: transport, client: pod, frontend: backend, backend: backend)
        let seen: Entry.Seen = transport == .tcp ? .established : []
        try bench.write(flow.entries(service: 3, flags: .connectTime, seen: seen))
        let packet = flow.request(.ack)
        try bench.expect(
            packet, gives: .pass, counted: [.tracked],
            entries: flow.entries(
                service: 3, flags: .connectTime, seen: seen, sent: (1, packet.ipLength)))
        let answer = flow.reply()
        try bench.expect(
            answer, at: bench.node.pods[1], gives: .pass, counted: [.tracked],
            entries: flow.entries(
                service: 3, flags: .connectTime, seen: seen, sent: (1, packet.ipLength),
                answered: (1, answer.ipLength)))
        // On its way into the other pod it has been counted already, unless it is the node's own.
        try bench.expect(
            packet, by: "to_workload", at: bench.node.pods[1], ingress: bench.node.pods[0], gives: .pass,
            counted: [.tracked])
        try bench.expect(
            packet, by: "to_uplink", gives: .pass, counted: [.tracked],
            entries: flow.entries(
                service: 3, flags: .connectTime, seen: seen, sent: (2, 2 * packet.ipLength),
                answered: (1, answer.ipLength)))
    }
}
