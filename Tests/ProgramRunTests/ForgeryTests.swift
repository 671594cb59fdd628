// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// What a workload, or a machine behind the node's uplink, must not get by going through us.
@Suite(.needsKernel) struct ForgeryTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]

    private func flow(
        _ bench: ProgramBench, _ transport: TransportProtocol, from client: IPAddress, to backend: IPAddress
    ) -> Flow {
        Flow(
            transport: transport, client: Endpoint(address: client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: backend, port: 8080))
    }

    /// The way into the backend itself needs no asking only for the pod that is there.
    @Test(arguments: everyTransport) func aPodIsNotReachedAsItsOwnClientByAnotherOne(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.client)
        let flow = flow(bench, transport, from: bench.cast.client, to: bench.cast.client)
        try bench.expect(flow.request(), at: bench.node.pods[1], gives: .pass, counted: [.otherWorkload])
    }

    @Test(arguments: everyTransport) func aPodWithTheAddressOfAnotherNodesPodDoesNotPassTheHostStackBy(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, transport, from: bench.cast.remote, to: bench.cast.local)
        let packet = flow.request()
        try bench.expect(
            packet, gives: .pass, flow.translatedRequest(ttl: 64), counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: .clientSide, seen: flow.opened, sent: (1, packet.ipLength)))
    }

    /// From the other node it comes by the uplink.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aPodDoesNotAnswerForABackendOnAnotherNode(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.remote)
        let flow = flow(bench, transport, from: bench.cast.client, to: bench.cast.remote)
        _ = try bench.run([flow.request().bytes])
        try bench.expect(flow.reply(), at: bench.node.pods[1], gives: .pass, counted: [.otherWorkload])
        let outcome = try bench.run([flow.reply().bytes], by: "from_uplink")[0]
        #expect(outcome.verdict == .redirect)
        #expect(outcome.packet == flow.translatedReply(ttl: 63).bytes)
    }

    /// The host's address translation would make it look like this node's own.
    @Test(.needsIngressOfRuns, arguments: AddressFamily.allCases) func aPodSendsNothingIntoTheOverlay(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.route(Prefix(host: bench.cast.otherNode), .host, .remote(via: bench.cast.otherNode))
        let port = EnableOptions.defaultOverlayPort
        for node in [bench.cast.otherNode, bench.cast.node] {
            let packet = Ethernet() / IP(bench.cast.client, node) / UDP(50000, port) / "outer"
            try bench.expect(packet, gives: .drop, counted: [.overlayInjected])
        }
        let elsewhere = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / UDP(50000, port) / "outer"
        try bench.expect(elsewhere, gives: .pass, counted: [.notService])
        let translated = Ethernet() / IP(bench.cast.node, bench.cast.otherNode) / UDP(50000, port) / "outer"
        try bench.expect(
            translated, by: "to_uplink", ingress: bench.node.pods[0], gives: .drop, counted: [.overlayInjected])
        try bench.expect(translated, by: "to_uplink", gives: .pass, counted: [.notService])
    }

    /// As a macvlan's on the same device: it looks like a process of the host, but its answers would not come by us.
    @Test(arguments: everyTransport) func anotherMachineBehindTheUplinkIsNotServed(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(by: bench.cast.local)
        let foreign = flow(bench, transport, from: bench.cast.stranger, to: bench.cast.local)
        try bench.expect(foreign.request(), by: "to_uplink", gives: .pass, counted: [.otherMachine])
        let own = flow(bench, transport, from: bench.cast.node, to: bench.cast.local)
        #expect(try bench.run([own.request().bytes], by: "to_uplink")[0].packet == own.translatedRequest(ttl: 64).bytes)
    }

    /// Whoever goes on sending has not found its sequence number right: anybody may have sent it.
    @Test(.needsIngressOfRuns, arguments: AddressFamily.allCases) func aResetThatAnEndIgnoresDoesNotEndAConnection(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let service = try bench.serve(by: bench.cast.local)
        let flow = flow(bench, .tcp, from: bench.cast.client, to: bench.cast.local)
        let pods = bench.node.pods
        for flags: TCP.Flags in [.syn, .ack, .reset, .ack] { _ = try bench.run([flow.request(flags).bytes]) }
        let after = try bench.entries()
        #expect(after[flow.requestKey]?.seen == [.syn, .ack])
        #expect(after[flow.replyKey]?.seen == [.syn, .ack])
        #expect(after[flow.requestKey]?.serviceID == service)
        _ = try bench.run([flow.request(.reset).bytes])
        #expect(try bench.entries()[flow.replyKey]?.seen == [.syn, .ack, .reset])
        _ = try bench.run([flow.reply(.ack).bytes], at: pods[1])
        #expect(try bench.entries()[flow.requestKey]?.seen == [.syn, .ack])
    }
}
