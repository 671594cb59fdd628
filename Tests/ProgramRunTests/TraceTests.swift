// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// What a tracer is told of each exit, and that nobody is told anything while there is none.
@Suite(.needsKernel) struct TraceTests {
    private static let families = AddressFamily.allCases

    private func flow(_ bench: ProgramBench, _ transport: TransportProtocol) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
    }

    private func tuple(_ source: Endpoint, _ destination: Endpoint) -> TraceEvent.Tuple {
        TraceEvent.Tuple(source: TraceEvent.End(source), destination: TraceEvent.End(destination))
    }

    @Test(arguments: everyTransport) func aNewConnectionAndItsFirstPacketAreToldWithBothTuples(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        var tracer = try bench.trace()
        let packet = flow.request()
        let start = MonotonicClock.nanoseconds
        _ = try bench.run([packet.bytes])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.newConnection, .forwardPeer])
        for event in events {
            #expect(event.program == .fromWorkload)
            #expect(event.interfaceIndex == bench.node.pods[0])
            #expect(event.protocolNumber == transport.rawValue)
            #expect(event.before == tuple(flow.client, flow.frontend))
            #expect(event.after == tuple(flow.client, flow.backend))
            #expect(event.serviceID == service)
            #expect(event.service == (try ServiceName("default/s-80-a")))
            #expect(event.isReply == false)
            #expect(event.tcpFlags == (transport == .tcp ? 2 : 0))
            #expect(event.length == UInt32(packet.bytes.count))
            #expect((start...MonotonicClock.nanoseconds).contains(event.time))
        }
        #expect(try tracer.lostEvents() == 0)
    }

    @Test(arguments: everyTransport) func anAnswerIsToldWithWhatTheBackendSent(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport)
        _ = try bench.run([flow.request().bytes])
        var tracer = try bench.trace()
        _ = try bench.run([flow.reply([.syn, .ack]).bytes], at: bench.node.pods[1])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.forwardPeer])
        #expect(events.first?.before == tuple(flow.backend, flow.client))
        #expect(events.first?.after == tuple(flow.frontend, flow.client))
        #expect(events.first?.isReply == true)
        #expect(events.first?.interfaceIndex == bench.node.pods[1])
    }

    /// The packet has become an ICMP error by then, which quotes what it was.
    @Test(arguments: everyTransport) func aRefusalIsToldWithThePacketThatWasRefused(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: [])
        let flow = flow(bench, transport)
        var tracer = try bench.trace()
        _ = try bench.run([flow.request().bytes])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.unreachableSent])
        #expect(events.first?.before == tuple(flow.client, flow.frontend))
        #expect(events.first?.after == nil)
        #expect(events.first?.serviceID == service)
        #expect(events.first?.isReply == nil)
    }

    @Test(arguments: families) func whatIsDroppedForARuleIsToldWithTheService(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(
            at: [.externalIP(bench.cast.virtual)],
            by: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)]
        ) { $0.sourceRanges = [Prefix(host: bench.cast.stranger)] }
        let flow = flow(bench, .tcp)
        var tracer = try bench.trace()
        #expect(try bench.run([flow.request().bytes])[0].verdict == .drop)
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.sourceDenied])
        #expect(events.first?.before == tuple(flow.client, flow.frontend))
        #expect(events.first?.serviceID == service)
        #expect(events.first?.service == (try ServiceName("default/web")))
    }

    @Test(arguments: families) func whatIsSentThroughTheOverlayIsToldWithTheNode(family: AddressFamily) throws {
        let bench = try ProgramBench(["from_uplink"], family)
        let service = try bench.serve(
            at: [.nodePort], by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 8080), isLocal: false)])
        let packet =
            Ethernet() / IP(bench.cast.stranger, bench.cast.node) / Segment(.udp, 40000, 30080) / "data"
        var tracer = try bench.trace()
        _ = try bench.run([packet.bytes], by: "from_uplink")
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.newConnection, .forwardTunnel])
        let asked = tuple(
            Endpoint(address: bench.cast.stranger, port: 40000), Endpoint(address: bench.cast.node, port: 30080))
        for event in events {
            #expect(event.before == asked)
            #expect(event.after == nil)
            #expect(event.serviceID == service)
            #expect(event.program == .fromUplink)
        }
        #expect(events.map(\.node) == [nil, bench.cast.otherNode])
    }

    @Test(arguments: families) func whatIsPassedOnIsToldWithoutAService(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / Segment(.udp, 40000, 53) / "data"
        var tracer = try bench.trace()
        _ = try bench.run([packet.bytes])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.notService])
        #expect(events.first?.before?.destination == TraceEvent.End(address: bench.cast.stranger, port: 53))
        #expect(events.first?.serviceID == nil)
        #expect(events.first?.after == nil)
    }

    @Test func whatIsNotIPIsToldWithoutAddresses() throws {
        let bench = try ProgramBench(.v4)
        var frame = [UInt8](repeating: 0, count: 60)
        (frame[12], frame[13]) = (0x08, 0x06)
        var tracer = try bench.trace()
        _ = try bench.run([frame])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.notIP])
        #expect(events.first?.protocolNumber == nil)
        #expect(events.first?.before == nil)
        #expect(events.first?.length == 60)
    }

    @Test(arguments: families) func nobodyIsToldWithoutATracer(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        let packets = [flow(bench, .tcp).request().bytes, flow(bench, .udp).request().bytes]
        _ = try bench.run(packets)
        var tracer = try bench.trace()
        #expect(try tracer.take(atMost: .max).isEmpty)
        _ = try bench.run(packets)
        try tracer.stop()
        _ = try bench.run(packets)
        // What came before the end can still be taken: two packets of known flows.
        #expect(try tracer.take(atMost: .max).map(\.reason) == [.forwardPeer, .forwardPeer])
        #expect(try RawMap(pinned: bench.directory.map(.events)).entryCount() == 0)
    }

    /// Killed, it cannot say that it is over.
    @Test(arguments: families) func theProgramsForgetATracerThatNoLongerSpeaks(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let control = try Map<UInt32, trace_control>(pinned: bench.directory.map(.tracing))
        var request = TraceFilter().control(services: [])
        request.until = MonotonicClock.nanoseconds - 1
        try control.update(0, request)
        _ = try bench.run([flow(bench, .tcp).request().bytes])
        #expect(try control.lookUp(0)?.until == 0)
        #expect(try RawMap(pinned: bench.directory.map(.events)).entryCount() == 0)
    }

    @Test func aSecondTracerIsRefusedUntilTheFirstHasEnded() throws {
        let bench = try ProgramBench(.v4)
        var first = try bench.trace()
        #expect(throws: DataplaneError.tracingTaken(by: RunningProcess.ownID)) { _ = try bench.trace() }
        try first.stop()
        let second = try bench.trace()
        // It has slept for too long: the other one must not be ended by it.
        #expect(throws: DataplaneError.tracingTaken(by: RunningProcess.ownID)) { try first.renew() }
        try second.renew()
    }

    @Test func aTracerThatIsDroppedEndsTheTracing() throws {
        let bench = try ProgramBench(.v4)
        do { _ = try bench.trace() }
        let control = try Map<UInt32, trace_control>(pinned: bench.directory.map(.tracing))
        #expect(try control.lookUp(0)?.until == 0)
    }

    @Test func eventsWithoutRoomAreCountedAsLost() throws {
        let bench = try ProgramBench(.v4)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / Segment(.udp, 40000, 53) / "data"
        var tracer = try bench.trace()
        let count = 10_000
        _ = try bench.run([[UInt8]](repeating: packet.bytes, count: count))
        let events = try tracer.take(atMost: .max)
        // Each with the 8 bytes that the kernel puts before it.
        #expect(events.count == Int(TRACE_RING_SIZE) / (MemoryLayout<trace_event>.size + 8) - 1 || events.count == 8192)
        #expect(try tracer.lostEvents() == UInt64(count - events.count))
        _ = try bench.run([packet.bytes])
        #expect(try tracer.take(atMost: .max).count == 1)
    }

    @Test func eventsThatAreNotTakenStayForTheNextTime() throws {
        let bench = try ProgramBench(.v4)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / Segment(.udp, 40000, 53) / "data"
        var tracer = try bench.trace()
        _ = try bench.run([[UInt8]](repeating: packet.bytes, count: 5))
        #expect(try tracer.take(atMost: 2).count == 2)
        #expect(try tracer.take(atMost: 0).isEmpty)
        #expect(try tracer.take(atMost: .max).count == 3)
    }
}

extension TraceEvent.End {
    init(_ endpoint: Endpoint) { self.init(address: endpoint.address, port: endpoint.port) }
}

extension ProgramBench {
    /// Begins to trace what the bench's programs do.
    func trace(_ shape: (inout TraceFilter) throws -> Void = { _ in }) throws -> Tracer {
        var filter = TraceFilter()
        try shape(&filter)
        return try .begin(in: directory, filter)
    }
}
