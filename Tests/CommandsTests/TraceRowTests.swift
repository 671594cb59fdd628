// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering
import Testing

@testable import Commands

/// Events as they are printed.
@Suite struct TraceRowTests {
    private func end(_ text: String) throws -> TraceEvent.End {
        let endpoint = try Endpoint(text)
        return TraceEvent.End(address: endpoint.address, port: endpoint.port)
    }

    private func row(
        _ reason: CounterReason, from source: String, to destination: String, _ shape: (inout TraceEvent) throws -> Void
    ) throws -> TraceRow {
        var event = TraceEvent(
            time: 0, reason: reason, program: .fromWorkload, interfaceIndex: 7, protocolNumber: 6,
            before: TraceEvent.Tuple(source: try end(source), destination: try end(destination)), tcpFlags: 0x12,
            length: 74)
        try shape(&event)
        return TraceRow(
            event: event, interface: event.interfaceIndex.map { _ in "veth7" },
            time: UTCTime(nanosecondsSince1970: 1_772_366_400_012_345_678))
    }

    private func reply() throws -> TraceRow {
        try row(.forwardPeer, from: "10.244.1.2:8080", to: "10.244.1.3:40000") {
            $0.after = TraceEvent.Tuple(
                source: try end("10.96.0.10:80"), destination: try end("10.244.1.3:40000"))
            ($0.serviceID, $0.service, $0.isReply) = (9, try ServiceName("default/web"), true)
        }
    }

    @Test func aTranslatedRequestShowsItsNewDestination() throws {
        let row = try row(.newConnection, from: "10.244.1.3:40000", to: "10.96.0.10:80") {
            $0.after = TraceEvent.Tuple(
                source: try end("10.244.1.3:40000"), destination: try end("10.244.1.2:8080"))
            ($0.serviceID, $0.service, $0.isReply, $0.tcpFlags) = (9, try ServiceName("default/web"), false, 2)
        }
        #expect(
            row.cellTexts == [
                "12:00:00.012", "new", "new-connection", "veth7", "from_workload", "tcp", "10.244.1.3:40000",
                "10.96.0.10:80", ">10.244.1.2:8080", "default/web", "syn", "74",
            ])
        #expect(row.resourceName == "tcp,10.244.1.3:40000,10.96.0.10:80")
    }

    @Test func aTranslatedReplyShowsItsNewSourceAndBearsTheNameOfItsConnection() throws {
        #expect(try reply().cellTexts[8] == "<10.96.0.10:80")
        #expect(try reply().resourceName == "tcp,10.244.1.3:40000,10.96.0.10:80")
    }

    @Test func whatTheOverlayTakesNamesTheNode() throws {
        let row = try row(.forwardTunnel, from: "203.0.113.9:40000", to: "192.0.2.1:30080") {
            $0.node = try IPAddress("192.0.2.2")
        }
        #expect(row.cellTexts[8] == "via:192.0.2.2")
    }

    @Test func aHairpinShowsBothChanges() throws {
        let row = try row(.forwardPeer, from: "10.244.1.2:40000", to: "10.96.0.10:80") {
            $0.after = TraceEvent.Tuple(
                source: try end("169.254.231.231:40000"), destination: try end("10.244.1.2:8080"))
        }
        #expect(row.cellTexts[8] == "<169.254.231.231:40000,>10.244.1.2:8080")
    }

    @Test func theServiceOfAnEventMayBeGone() throws {
        #expect(
            try row(.forwardPeer, from: "10.0.0.1:1", to: "10.0.0.2:2") { $0.serviceID = 4 }.cellTexts[9] == "<deleted>"
        )
    }

    @Test func aSocketCallHasNoSourceAndNoInterface() throws {
        let row = try row(.socketTranslated, from: "10.0.0.1:1", to: "[fd96::a]:80") {
            $0.before = TraceEvent.Tuple(source: nil, destination: try end("[fd96::a]:80"))
            $0.after = TraceEvent.Tuple(source: nil, destination: try end("[fd00::2]:8080"))
            ($0.program, $0.interfaceIndex, $0.length, $0.tcpFlags) = (.connectTime, nil, nil, 0)
        }
        #expect(
            row.cellTexts == [
                "12:00:00.012", "socket", "socket-translated", "<none>", "connect-time", "tcp", "<none>",
                "[fd96::a]:80",
                ">[fd00::2]:8080", "<none>", "<none>", "<none>",
            ])
    }

    @Test func whatIsNotIPHasAReasonAndALength() throws {
        let row = try row(.notIP, from: "10.0.0.1:1", to: "10.0.0.2:2") {
            ($0.before, $0.protocolNumber, $0.tcpFlags) = (nil, nil, 0)
        }
        #expect(Array(row.cellTexts[5...8]) == ["<none>", "<none>", "<none>", "<none>"])
        #expect(row.resourceName == "<none>,<none>,<none>")
    }

    @Test func theDocumentHoldsBothTuples() throws {
        #expect(
            try document(reply()) == """
                apiVersion: ebpfctl/v1
                kind: TraceEvent
                timestamp: "2026-03-01T12:00:00.012345Z"
                event: forward
                reason: forward-peer
                program: from_workload
                interface: veth7
                interfaceIndex: 7
                protocol: tcp
                source:
                  address: 10.244.1.2
                  port: 8080
                destination:
                  address: 10.244.1.3
                  port: 40000
                after:
                  source:
                    address: 10.96.0.10
                    port: 80
                  destination:
                    address: 10.244.1.3
                    port: 40000
                node: null
                service: default/web
                serviceID: 9
                reply: true
                tcpFlags:
                - syn
                - ack
                lengthBytes: 74

                """)
    }

    /// IPv4 with ports of five digits; IPv6 and the longest reasons push their own row out of line.
    @Test func aTypicalTableFitsAHundredColumns() throws {
        let sink = MemorySink()
        try Renderer(options: OutputOptions(), sink: sink).list([try reply()])
        let lines = sink.text.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.count <= 100 })
    }

    @Test(arguments: CounterReason.allCases)
    func whatCountersCallRefusedIsRefusedInEvents(reason: CounterReason) {
        // Socket calls have an outcome of their own, whatever became of them.
        let isRefused = reason.outcome == .reject || reason == .socketNoBackend
        #expect((reason.kind == .reject) == isRefused)
        if reason.kind == .drop { #expect(reason.outcome == .error) }
    }

    @Test func everyKindHasAReason() {
        #expect(Set(CounterReason.allCases.map(\.kind)) == Set(TraceKind.allCases))
    }
}
