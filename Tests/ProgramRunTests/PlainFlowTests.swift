// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Flows that nobody translates: those that connect() has dealt with, and those that are no service's.
@Suite(.needsKernel) struct PlainFlowTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]

    private func flow(_ transport: TransportProtocol, from client: IPAddress, to server: IPAddress) -> Flow {
        let server = Endpoint(address: server, port: 8080)
        return Flow(
            transport: transport, client: Endpoint(address: client, port: 40000), frontend: server, backend: server)
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport) func aBalancedFlowOfTwoPodsOfANodeIsHandedOver(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let pods = bench.node.pods
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.local)
        let ways = (Entry.Way.peer(pods[1]), Entry.Way.peer(pods[0]))
        let length = flow.request().ipLength
        try bench.write(flow.entries(service: 3, ways: ways, flags: .connectTime, seen: flow.established))
        try bench.expect(
            flow.request(.ack), gives: .redirect, flow.request(.ack, ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways, flags: .connectTime, seen: flow.established, sent: (1, length)))
        try bench.expect(
            flow.reply(), at: pods[1], gives: .redirect, flow.reply(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways, flags: .connectTime, seen: flow.established, sent: (1, length),
                answered: (1, length)))
    }

    /// What is on its way out of a device has been through the host stack, and goes on as it is.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aBalancedFlowToAnotherNodeGoesThereAndComesBack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.remote)
        let ways = (
            Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.peer(bench.node.pods[0])
        )
        let length = flow.request().ipLength
        try bench.write(flow.entries(service: 3, ways: ways, flags: .connectTime, seen: flow.established))
        try bench.expect(
            flow.request(.ack), gives: .redirect, flow.request(.ack, ttl: 63), counted: [.forwardNeighbor],
            entries: flow.entries(
                service: 3, ways: ways, flags: .connectTime, seen: flow.established, sent: (1, length)))
        try bench.expect(
            flow.reply(), by: "from_uplink", gives: .redirect, flow.reply(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(
                service: 3, ways: ways, flags: .connectTime, seen: flow.established, sent: (1, length),
                answered: (1, length)))
        try bench.expect(
            flow.request(.ack), by: "to_uplink", ingress: bench.node.pods[0], gives: .pass, counted: [.tracked])
    }

    /// The host stack's reverse path filter decides about them, as it does without us.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func whatOthersSendInAPodsNameIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let pods = bench.node.pods
        try bench.serve(by: bench.cast.local)
        let flow = Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        _ = try bench.run([flow.request().bytes], at: pods[0])
        try bench.expect(flow.request(.ack), at: pods[1], gives: .pass, counted: [.otherWorkload])
        try bench.expect(flow.reply(), at: pods[0], gives: .pass, counted: [.otherWorkload])
        try bench.expect(flow.reply(), by: "from_uplink", gives: .pass, counted: [.otherWorkload])
    }

    /// netfilter may have translated its request, or may want to see it: it is none of ours.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func whatNamesNoServiceIsTheHostStacksAlone(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        for other in [bench.cast.local, bench.cast.remote, bench.cast.stranger, bench.cast.node] {
            let flow = flow(transport, from: bench.cast.client, to: other)
            try bench.expect(flow.request(), gives: .pass, counted: [.notService])
        }
        let arriving = flow(transport, from: bench.cast.remote, to: bench.cast.local)
        try bench.expect(arriving.request(), by: "from_uplink", gives: .pass, counted: [.notService])
    }
}
