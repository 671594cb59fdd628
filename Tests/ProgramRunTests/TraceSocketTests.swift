// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Socket calls as a tracer is told of them.
@Suite(.needsKernel) struct TraceSocketTests {
    @Test(arguments: AddressFamily.allCases) func aCallThatIsSentToABackendIsToldWithBoth(family: AddressFamily) throws
    {
        let sockets = try SocketBench(family)
        let server = try LoopbackServer(.tcp, family)
        let asked = Endpoint(address: sockets.bench.cast.virtual, port: 80)
        let service = try sockets.bench.serve(by: [Backend(endpoint: server.endpoint, isLocal: true)])
        var tracer = try sockets.bench.trace { $0.service = try ServiceName("default/s-80-a") }
        let child = try sockets.start(
            """
            socket(my $s, $family, SOCK_STREAM, 0) or fail; connect($s, $address) or fail; print text(getpeername($s));
            """, to: asked)
        #expect(try sockets.lines(child) == ["\(asked)"])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.socketTranslated, .socketRestored])
        #expect(events.map(\.before?.destination) == [TraceEvent.End(asked), TraceEvent.End(server.endpoint)])
        #expect(events.map(\.after?.destination) == [TraceEvent.End(server.endpoint), TraceEvent.End(asked)])
        for event in events {
            #expect(event.program == .connectTime)
            #expect(event.before?.source == nil)
            #expect(event.interfaceIndex == nil)
            #expect(event.length == nil)
            #expect(event.protocolNumber == TransportProtocol.tcp.rawValue)
            #expect(event.serviceID == service)
        }
    }

    @Test(arguments: AddressFamily.allCases) func aCallThatNamesNoServiceIsToldUntranslated(family: AddressFamily)
        throws
    {
        let sockets = try SocketBench(family)
        let server = try LoopbackServer(.udp, family)
        var tracer = try sockets.bench.trace { $0.port = server.endpoint.port }
        let child = try sockets.start(
            "socket(my $s, $family, SOCK_DGRAM, 0) or fail; connect($s, $address) or fail; print 'done';",
            to: server.endpoint)
        #expect(try sockets.lines(child) == ["done"])
        let events = try tracer.take(atMost: .max)
        #expect(events.map(\.reason) == [.socketNotService])
        #expect(events.first?.before?.destination == TraceEvent.End(server.endpoint))
        #expect(events.first?.after == nil)
        #expect(events.first?.serviceID == nil)
    }
}
