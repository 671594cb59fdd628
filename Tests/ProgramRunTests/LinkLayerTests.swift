// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Frames with a VLAN tag, and devices whose packets begin with the IP header.
@Suite(.needsKernel) struct LinkLayerTests {
    private static let programs = ["from_workload", "to_workload", "from_uplink", "to_uplink"]
    private static let tags: [UInt16] = [0x8100, 0x88a8]

    /// The VLAN's own device serves it.
    @Test(arguments: programs, tags) func aTaggedFrameIsCountedByOneFamilyOnly(program: String, tag: UInt16) throws {
        for family in AddressFamily.allCases {
            let type: [UInt8] = family == .v4 ? [0x08, 0x00] : [0x86, 0xdd]
            let inner = (Ethernet() / IP(Cast(family).client, Cast(family).virtual) / TCP(40000, 80, .syn)).bytes
            let packet = Ethernet(type: tag) / Raw([0, 100] + type + inner.dropFirst(Ethernet.size))
            let (v4, v6) = (try ProgramBench(Self.programs, .v4), try ProgramBench(Self.programs, .v6))
            for bench in [v4, v6] { try bench.serve(by: bench.cast.local) }
            try v4.expect(packet, by: program, gives: .pass, counted: [.vlan])
            try v6.expect(packet, by: program, gives: .pass, counted: [])
        }
    }

    // A program run takes the first 14 bytes for an Ethernet header and reads the protocol there. An IP header whose
    // bytes 12 and 13 name its own protocol passes for one: they belong to the source address.

    /// A client whose packets can be run without Ethernet header.
    private func client(_ family: AddressFamily) -> Endpoint {
        Endpoint(address: family == .v4 ? .of("8.0.0.5") : .of("2001:db8:86dd::5"), port: 40000)
    }

    private func bench(_ family: AddressFamily, setUp: (inout ProgramBench.Setup) -> Void = { _ in }) throws
        -> ProgramBench
    {
        try ProgramBench(["from_uplink", "to_uplink"], family) { setup in
            setup.layer3 = true
            setUp(&setup)
        }
    }

    private func packet(
        _ transport: TransportProtocol, _ source: Endpoint, _ destination: Endpoint, _ flags: TCP.Flags = .syn
    ) -> Packet {
        Packet(layers: [
            IP(source.address, destination.address), Segment(transport, source.port, destination.port, flags),
            "some data",
        ])
    }

    private func length(_ packet: Packet) -> UInt64 { UInt64(packet.bytes.count) }

    @Test(arguments: everyTransport) func aRequestOnADeviceWithoutEthernetHeaderIsServedThroughTheHostStack(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let service = try bench.serve(
            by: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: true)])
        let flow = Flow(
            transport: transport, client: client(family), frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        let sent = packet(transport, flow.client, flow.frontend)
        try bench.expect(
            sent, by: "from_uplink", gives: .pass, packet(transport, flow.client, flow.backend),
            counted: [.forwardStack, .newConnection],
            entries: flow.entries(
                service: service, flags: [.outside, .clientSide], seen: flow.opened, sent: (1, length(sent))))
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport) func theAnswerIsTranslatedAsItLeavesOnSuchADevice(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        // Here it is the backend whose address makes the run possible.
        let flow = Flow(
            transport: transport, client: Endpoint(address: bench.cast.stranger, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: client(family).address, port: 8080))
        let flags: Entry.Flags = [.outside, .clientSide]
        try bench.write(flow.entries(service: 3, flags: flags, seen: flow.established))
        let sent = packet(transport, flow.backend, flow.client, .ack)
        try bench.expect(
            sent, by: "to_uplink", ingress: bench.node.pods[1], gives: .pass,
            packet(transport, flow.frontend, flow.client, .ack), counted: [.forwardStack],
            entries: flow.entries(service: 3, flags: flags, seen: flow.established, answered: (1, length(sent))))
    }

    /// The overlay carries Ethernet frames; the addresses in them mean nothing.
    @Test(arguments: everyTransport) func intoTheOverlayAPacketIsGivenAnEthernetHeader(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let service = try bench.serve(
            at: [.nodePort],
            by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 8080), isLocal: false)])
        let asked = Endpoint(address: bench.cast.node, port: 30080)
        let flow = Flow(transport: transport, client: client(family), frontend: asked, backend: asked)
        let sent = packet(transport, flow.client, flow.frontend)
        let header = Raw([UInt8](repeating: 0, count: 12) + (family == .v4 ? [0x08, 0x00] : [0x86, 0xdd]))
        try bench.expect(
            sent, by: "from_uplink", gives: .redirect, Packet(layers: [header] + sent.layers),
            counted: [.forwardTunnel, .newConnection],
            entries: flow.entries(
                service: service,
                ways: (.tunnel(bench.cast.otherNode), .neighbour(bench.node.uplink, via: bench.cast.gateway)),
                flags: [.outside, .tunnel], seen: flow.opened, sent: (1, length(sent))))
    }

    @Test(.needsIngressOfRuns, arguments: everyTransport) func aRefusalHasNoEthernetHeaderEither(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for program in ["from_uplink", "to_uplink"] {
            let bench = try bench(family)
            try bench.serve(by: [])
            let bare = packet(transport, client(family), Endpoint(address: bench.cast.virtual, port: 80))
            let refusal = portUnreachable(about: Packet(layers: [Ethernet()] + bare.layers))
            try bench.expect(
                bare, by: program, ingress: program == "to_uplink" ? bench.node.pods[0] : 0, gives: .redirect,
                Packet(layers: Array(refusal.layers.dropFirst())), counted: [.unreachableSent])
        }
    }

    /// What does not fit the overlay, on a device without Ethernet header.
    @Test(arguments: everyTransport) func theSizeThatFitsDoesNotCountAnEthernetHeader(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let mtu = family == .v4 ? 1450 : 1430
        let asked = Endpoint(address: bench.cast.node, port: 30080)
        let flow = Flow(transport: transport, client: client(family), frontend: asked, backend: asked)
        try bench.write(
            flow.entries(
                service: 3,
                ways: (.tunnel(bench.cast.otherNode), .neighbour(bench.node.uplink, via: bench.cast.gateway)),
                flags: [.outside, .tunnel], seen: flow.established))
        func bare(_ size: Int) -> Packet {
            let headers = Packet(layers: [
                IP(flow.client.address, asked.address), Segment(transport, 40000, asked.port, .ack),
            ])
            return headers / Raw([UInt8](repeating: 7, count: size - headers.bytes.count))
        }
        let fitting = try bench.run([bare(mtu).bytes], by: "from_uplink")[0]
        #expect(fitting.packet.dropFirst(Ethernet.size) == bare(mtu).bytes[...])
        let large = try bench.run([bare(mtu + 1).bytes], by: "from_uplink")[0]
        let whole = answer(
            to: Packet(layers: [Ethernet()] + bare(mtu + 1).layers), .tooBig, mtu: UInt32(mtu))
        #expect(large.packet == Array(whole.bytes.dropFirst(Ethernet.size)))
        #expect(try bench.counters() == [.forwardTunnel: 1, .tooBigSent: 1])
    }

    @Test(arguments: everyTransport) func whatIsNotServedPassesSuchADeviceUntouched(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for program in ["from_uplink", "to_uplink"] {
            let bench = try bench(family)
            try bench.serve(by: bench.cast.local)
            let other = packet(transport, client(family), Endpoint(address: bench.cast.virtual, port: 81))
            try bench.expect(other, by: program, gives: .pass, counted: [.notService])
        }
    }
}
