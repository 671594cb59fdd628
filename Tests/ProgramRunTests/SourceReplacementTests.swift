// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
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

    /// Two services with the same only backend, and one port to stand in for a client's own.
    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        let bench = try ProgramBench(family) { $0.options.replacementPorts = 20000...20000 }
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
        _ = try bench.run([first.request().bytes])
        let known = try bench.entries()
        var second = first
        second.frontend.address = bench.cast.secondVirtual
        second.alias = Endpoint(address: bench.cast.client, port: 20000)
        let packet = second.request()
        let opened: Entry.Seen = transport == .tcp ? .syn : []
        let fresh = second.entries(
            service: 71, ways: ways, flags: .portReplaced, seen: opened, sent: (1, packet.ipLength))
        try bench.expect(
            packet, gives: .redirect, second.translatedRequest(ttl: 63),
            counted: [.forwardPeer, .newConnection, .portReplaced], entries: known.merging(fresh) { $1 })
        for flow in [first, second] {
            let answer = try bench.run([flow.reply().bytes], at: bench.node.pods[1])[0]
            #expect(answer.verdict == .redirect)
            #expect(answer.packet == flow.translatedReply(ttl: 63).bytes)
        }
    }

    /// The first service keeps its flow, and from another port the second one serves as well.
    @Test(arguments: everyTransport) func withoutAFreePortTheCallIsLeftToTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let first = flow(bench, transport)
        let squatter = flow(bench, transport, from: 20000)
        _ = try bench.run([first.request().bytes, squatter.request().bytes])
        var second = first
        second.frontend.address = bench.cast.secondVirtual
        try bench.expect(second.request(), gives: .pass, counted: [.collision])
        #expect(try bench.run([first.request(.ack).bytes])[0].packet == first.translatedRequest(.ack, ttl: 63).bytes)
        second.client.port = 40001
        #expect(try bench.run([second.request().bytes])[0].packet == second.translatedRequest(ttl: 63).bytes)
    }

    /// A pod's port that was balanced at connect time is taken at that backend, too.
    @Test(arguments: everyTransport) func aConnectTimeFlowsPortIsReplacedForAFlowOfPackets(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        var second = flow(bench, transport)
        var first = second
        first.frontend = first.backend
        let known = first.entries(service: 70, flags: .connectTime, seen: first.established)
        try bench.write(known)
        second.alias = Endpoint(address: bench.cast.client, port: 20000)
        let fresh = second.entries(
            service: 70, ways: ways, flags: .portReplaced, seen: second.opened, sent: (1, second.request().ipLength))
        try bench.expect(
            second.request(), gives: .redirect, second.translatedRequest(ttl: 63),
            counted: [.forwardPeer, .newConnection, .portReplaced], entries: known.merging(fresh) { $1 })
        // Each answer finds its own way.
        try bench.expect(
            first.reply(), at: bench.node.pods[1], gives: .pass, counted: [.tracked],
            entries: bench.entries().merging(
                [
                    first.replyKey: first.entries(
                        service: 70, flags: .connectTime, seen: first.established, answered: (1, first.reply().ipLength)
                    )[
                        first.replyKey]
                ].compactMapValues(\.self)
            ) { $1 })
        #expect(
            try bench.run([second.reply().bytes], at: bench.node.pods[1])[0].packet
                == second.translatedReply(ttl: 63).bytes)
    }

    /// What is over owns nothing any more.
    @Test(arguments: everyTransport) func aConnectTimeFlowThatIsOverLeavesItsPort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let second = flow(bench, transport)
        var first = second
        first.frontend = first.backend
        try bench.write(
            first.entries(service: 70, flags: .connectTime, seen: first.established), age: .seconds(13))
        #expect(try bench.run([second.request().bytes])[0].packet == second.translatedRequest(ttl: 63).bytes)
        let answer = try bench.run([second.reply().bytes], at: bench.node.pods[1])[0]
        #expect(answer.packet == second.translatedReply(ttl: 63).bytes)
    }

    /// A client outside may have any port, and so may another one whose flow has another frontend.
    @Test(arguments: everyTransport) func aClientOutsideGetsAnotherPortWhereItsOwnIsTaken(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(["from_uplink", "from_workload"], family) {
            $0.options.replacementPorts = 20000...20000
        }
        try bench.serve(
            at: [.nodePort, .externalIP(bench.cast.virtual)],
            by: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: true)])
        var first = flow(bench, transport)
        first.client.address = bench.cast.stranger
        var second = first
        second.frontend = Endpoint(address: bench.cast.node, port: 30080)
        second.alias = Endpoint(address: bench.cast.stranger, port: 20000)
        let outcomes = try bench.run([first.request().bytes, second.request().bytes], by: "from_uplink")
        #expect(
            outcomes.map(\.packet)
                == [first.translatedRequest(ttl: 63), second.translatedRequest(ttl: 63)].map(\.bytes))
        let answers = try bench.run([first.reply().bytes, second.reply().bytes], at: bench.node.pods[1])
        #expect(
            answers.map(\.packet) == [first.translatedReply(ttl: 63), second.translatedReply(ttl: 63)].map(\.bytes))
        #expect(try bench.counters()[.portReplaced] == 1)
    }

    @Test(arguments: everyTransport) func everyDrawnPortIsInTheRange(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family) { $0.options.replacementPorts = 21000...22999 }
        let backend = Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)
        for virtual in [bench.cast.virtual, bench.cast.secondVirtual] { try bench.serve(virtual, by: [backend]) }
        let firsts = (0..<UInt16(50)).map { flow(bench, transport, from: 40000 + $0).request().bytes }
        let seconds = (0..<UInt16(50)).map { number in
            var flow = flow(bench, transport, from: 40000 + number)
            flow.frontend.address = bench.cast.secondVirtual
            return flow.request().bytes
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
        let packet = flow.request()
        let opened: Entry.Seen = transport == .tcp ? .syn : []
        try bench.expect(
            packet, gives: .redirect, flow.translatedRequest(ttl: 63), counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: service, ways: (way, way), flags: .hairpin, seen: opened, sent: (1, packet.ipLength)))
        let answer = flow.reply()
        try bench.expect(
            answer, gives: .redirect, flow.translatedReply(ttl: 63), counted: [.forwardPeer],
            entries: flow.entries(
                service: service, ways: (way, way), flags: .hairpin, seen: opened, sent: (1, packet.ipLength),
                answered: (1, answer.ipLength)))
    }

    @Test(arguments: everyTransport) func aPodReachesItselfThroughANodePort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(
            at: [.nodePort], by: [Backend(endpoint: Endpoint(address: bench.cast.client, port: 8080), isLocal: true)])
        var flow = flow(bench, transport)
        flow.frontend = Endpoint(address: bench.cast.node, port: 30080)
        flow.backend.address = bench.cast.client
        flow.alias = Endpoint(
            address: family == .v4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6, port: 40000)
        let outcomes = try bench.run([flow.request().bytes, flow.reply().bytes])
        #expect(
            outcomes.map(\.packet) == [flow.translatedRequest(ttl: 63), flow.translatedReply(ttl: 63)].map(\.bytes))
    }

    /// The host stack could not bring the answer back, so it takes no part even where it does in everything else.
    @Test(arguments: everyTransport) func aPodReachesItselfWithStackForwardingToo(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family) { $0.options.forwarding = .stack }
        try bench.serve(by: bench.cast.client)
        var flow = flow(bench, transport)
        flow.backend.address = bench.cast.client
        flow.alias = Endpoint(
            address: family == .v4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6, port: 40000)
        let outcomes = try bench.run([flow.request().bytes, flow.reply().bytes])
        #expect(outcomes.map(\.verdict) == [.redirect, .redirect])
        #expect(outcomes.map(\.packet) == [flow.translatedRequest(ttl: 63).bytes, flow.translatedReply(ttl: 63).bytes])
    }
}
