// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// What pods send each other without a service, or with one that connect() has dealt with: nothing to translate.
@Suite(.needsKernel) struct PlainFlowTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]

    private func flow(_ transport: TransportProtocol, from client: IPAddress, to server: IPAddress) -> Flow {
        let server = Endpoint(address: server, port: 8080)
        return Flow(
            transport: transport, client: Endpoint(address: client, port: 40000), frontend: server, backend: server)
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport) func fromPodToPodOfANodeThePacketIsHandedOver(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let pods = bench.node.pods
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.local)
        let ways = (Entry.Way.peer(pods[1]), Entry.Way.peer(pods[0]))
        let length = flow.request().ipLength
        try bench.expect(
            flow.request(), gives: .redirect, flow.request(ttl: 63), counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: 0, ways: ways, flags: .noService, seen: flow.opened, sent: (1, length)))
        try bench.expect(
            flow.reply([.syn, .ack]), at: pods[1], gives: .redirect, flow.reply([.syn, .ack], ttl: 63),
            counted: [.forwardPeer],
            entries: flow.entries(
                service: 0, ways: ways, flags: .noService,
                seen: transport == .tcp ? [.syn, .synAck] : [], sent: (1, length), answered: (1, length)))
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport) func toAPodOfAnotherNodeThePacketGoesToThatNode(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.remote)
        let ways = (
            Entry.Way.neighbour(bench.node.uplink, via: bench.cast.otherNode), Entry.Way.peer(bench.node.pods[0])
        )
        let length = flow.request().ipLength
        try bench.expect(
            flow.request(), gives: .redirect, flow.request(ttl: 63), counted: [.forwardNeighbor, .newConnection],
            entries: flow.entries(
                service: 0, ways: ways, flags: .noService, seen: flow.opened, sent: (1, length)))
        try bench.expect(
            flow.reply(), by: "from_uplink", gives: .redirect, flow.reply(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(
                service: 0, ways: ways, flags: .noService, seen: flow.opened, sent: (1, length),
                answered: (1, length)))
    }

    @Test(arguments: everyTransport) func fromAPodOfAnotherNodeThePacketIsHandedOver(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let flow = flow(transport, from: bench.cast.remote, to: bench.cast.local)
        try bench.expect(
            flow.request(), by: "from_uplink", gives: .redirect, flow.request(ttl: 63),
            counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: 0,
                ways: (
                    .peer(bench.node.pods[1]), .neighbour(bench.node.uplink, via: bench.cast.otherNode)
                ),
                flags: .noService, seen: flow.opened, sent: (1, flow.request().ipLength)))
    }

    /// The host stack's reverse path filter decides about them, as it does without us.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func whatAnotherPodSendsInItsNameIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let pods = bench.node.pods
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.local)
        try bench.expect(flow.request(), at: pods[1], gives: .pass, counted: [.notService])
        _ = try bench.run([flow.request().bytes], at: pods[0])
        try bench.expect(flow.request(.ack), at: pods[1], gives: .pass, counted: [.otherWorkload])
        try bench.expect(flow.reply(), at: pods[0], gives: .pass, counted: [.otherWorkload])
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport)
    func whatTheHostStackHasToSeeOrAnswerIsLeftToIt(family: AddressFamily, transport: TransportProtocol) throws {
        let bench = try ProgramBench(Self.programs, family)
        for other in [bench.cast.stranger, bench.cast.node] {
            let flow = flow(transport, from: bench.cast.client, to: other)
            try bench.expect(flow.request(), gives: .pass, counted: [.notService])
        }
        let last = flow(transport, from: bench.cast.client, to: bench.cast.local)
        try bench.expect(last.request(ttl: 1), gives: .pass, counted: [.ttlExpired])
    }

    @Test(arguments: everyTransport) func withStackForwardingNothingIsTracked(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.options.forwarding = .stack }
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.local)
        try bench.expect(flow.request(), gives: .pass, counted: [.notService])
    }

    /// Only the host stack answers a packet that is too big for its next link.
    @Test(arguments: everyTransport) func withPodsWhosePacketsMayNotFitTheUplinksNothingIsTracked(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family) { $0.node.workloadMTU = 1501 }
        let flow = flow(transport, from: bench.cast.client, to: bench.cast.local)
        try bench.expect(flow.request(), gives: .pass, counted: [.notService])
    }
}
