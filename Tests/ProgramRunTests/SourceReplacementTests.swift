// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

/// Where the backend must not see the client as it is: another flow has its port, or it is the backend itself.
@Suite(.needsKernel) struct SourceReplacementTests {
    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol, from port: UInt16 = 40000) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: port),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
    }

    private func request(_ flow: Flow, _ flags: TCP.Flags = .syn) -> Packet {
        Ethernet() / IP(flow.client.address, flow.frontend.address)
            / Segment(flow.transport, flow.client.port, flow.frontend.port, flags) / "data"
    }

    private func translatedRequest(_ flow: Flow, _ flags: TCP.Flags = .syn) -> Packet {
        let source = flow.alias ?? flow.client
        return Ethernet() / IP(source.address, flow.backend.address, ttl: 63)
            / Segment(flow.transport, source.port, flow.backend.port, flags) / "data"
    }

    private func reply(_ flow: Flow) -> Packet {
        let destination = flow.alias ?? flow.client
        return Ethernet() / IP(flow.backend.address, destination.address)
            / Segment(flow.transport, flow.backend.port, destination.port, .ack) / "data"
    }

    private func translatedReply(_ flow: Flow) -> Packet {
        Ethernet() / IP(flow.frontend.address, flow.client.address, ttl: 63)
            / Segment(flow.transport, flow.frontend.port, flow.client.port, .ack) / "data"
    }

    /// Two services with the same only backend, and one port to stand in for a client's own.
    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        let bench = try ProgramBench(family) { $0.replacementPorts = 20000...20000 }
        let backend = Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)
        for virtual in [bench.cast.virtual, bench.cast.secondVirtual] { try bench.serve(virtual, by: [backend]) }
        return bench
    }

    /// The answers of the second flow could not be told from those of the first.
    @Test(arguments: everyTransport) func aSecondServiceWithTheSameBackendGetsAnotherSourcePort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        let first = flow(bench, transport)
        _ = try bench.run([request(first).bytes])
        let known = try bench.entries()
        var second = first
        second.frontend.address = bench.cast.secondVirtual
        second.alias = Endpoint(address: bench.cast.client, port: 20000)
        let packet = request(second)
        let opened: Entry.Seen = transport == .tcp ? .syn : []
        let fresh = second.entries(
            service: 71, ways: ways, flags: .portReplaced, seen: opened, sent: (1, packet.ipLength))
        try bench.expect(
            packet, gives: .redirect, translatedRequest(second),
            counted: [.forwardPeer, .newConnection, .portReplaced], entries: known.merging(fresh) { $1 })
        for flow in [first, second] {
            let answer = try bench.run([reply(flow).bytes], at: bench.node.pods[1])[0]
            #expect(answer.verdict == .redirect)
            #expect(answer.packet == translatedReply(flow).bytes)
        }
    }

    /// The first service keeps its flow, and from another port the second one serves as well.
    @Test(arguments: everyTransport) func withoutAFreePortTheCallIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let first = flow(bench, transport)
        let squatter = flow(bench, transport, from: 20000)
        _ = try bench.run([request(first).bytes, request(squatter).bytes])
        var second = first
        second.frontend.address = bench.cast.secondVirtual
        try bench.expect(request(second), gives: .pass, counted: [.collision])
        #expect(try bench.run([request(first, .ack).bytes])[0].packet == translatedRequest(first, .ack).bytes)
        second.client.port = 40001
        #expect(try bench.run([request(second).bytes])[0].packet == translatedRequest(second).bytes)
    }

    @Test(arguments: everyTransport) func everyDrawnPortIsInTheRange(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family) { $0.replacementPorts = 21000...22999 }
        let backend = Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)
        for virtual in [bench.cast.virtual, bench.cast.secondVirtual] { try bench.serve(virtual, by: [backend]) }
        let firsts = (0..<UInt16(50)).map { request(flow(bench, transport, from: 40000 + $0)).bytes }
        let seconds = (0..<UInt16(50)).map { number in
            var flow = flow(bench, transport, from: 40000 + number)
            flow.frontend.address = bench.cast.secondVirtual
            return request(flow).bytes
        }
        let outcomes = try bench.run(firsts + seconds)
        let sources = try outcomes.map { try Dissection($0.packet).source.port }
        #expect(Array(sources.prefix(50)) == Array(40000..<UInt16(40050)))
        #expect(sources.suffix(50).allSatisfy { (21000...22999).contains($0) })
        #expect(Set(sources).count == 100)
    }

    /// A pod that is its own backend would drop a packet from itself: it sees a reserved address.
    @Test(arguments: everyTransport) func aPodReachesItselfThroughAService(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.client)
        var flow = flow(bench, transport)
        flow.backend.address = bench.cast.client
        flow.alias = Endpoint(
            address: family == .v4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6, port: 40000)
        let way = Entry.Way.peer(bench.node.pods[0])
        let packet = request(flow)
        let opened: Entry.Seen = transport == .tcp ? .syn : []
        try bench.expect(
            packet, gives: .redirect, translatedRequest(flow), counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: (way, way), flags: .hairpin, seen: opened, sent: (1, packet.ipLength)))
        let answer = reply(flow)
        try bench.expect(
            answer, gives: .redirect, translatedReply(flow), counted: [.forwardPeer],
            entries: flow.entries(
                service: service, ways: (way, way), flags: .hairpin, seen: opened, sent: (1, packet.ipLength),
                answered: (1, answer.ipLength)))
    }

    /// The host stack could not bring the answer back, so it takes no part even where it does in everything else.
    @Test(arguments: everyTransport) func aPodReachesItselfWithStackForwardingToo(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family) { $0.forwarding = .stack }
        try bench.serve(by: bench.cast.client)
        var flow = flow(bench, transport)
        flow.backend.address = bench.cast.client
        flow.alias = Endpoint(
            address: family == .v4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6, port: 40000)
        let outcomes = try bench.run([request(flow).bytes, reply(flow).bytes])
        #expect(outcomes.map(\.verdict) == [.redirect, .redirect])
        #expect(outcomes.map(\.packet) == [translatedRequest(flow).bytes, translatedReply(flow).bytes])
    }
}
