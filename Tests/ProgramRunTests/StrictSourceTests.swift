// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// `--source-check strict`: a workload sends from its own addresses, or not at all.
@Suite(.needsKernel) struct StrictSourceTests {
    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        let bench = try ProgramBench(family) { $0.options.sourceCheck = .strict }
        try bench.serve(by: bench.cast.local)
        return bench
    }

    @Test(arguments: everyTransport) func aWorkloadsOwnAddressIsServedAsEver(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let flow = Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        try bench.expect(
            flow.request(), gives: .redirect, flow.translatedRequest(ttl: 63), counted: [.forwardPeer, .newConnection],
            entries: flow.entries(
                service: 70, ways: (.peer(bench.node.pods[1]), .peer(bench.node.pods[0])), seen: flow.opened,
                sent: (1, flow.request().ipLength)))
        let elsewhere = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / Segment(transport, 40000, 443)
        try bench.expect(elsewhere, gives: .pass, counted: [.notService])
    }

    /// Another pod's, one behind another node, the node's own, one of nobody; with any protocol.
    @Test(arguments: AddressFamily.allCases) func anyOtherAddressIsDropped(family: AddressFamily) throws {
        let bench = try bench(family)
        let (cast, inside): (Cast, [any Layer]) = (
            bench.cast,
            [TCP(40000, 80, .syn), TCP(40000, 80, .ack), UDP(40000, 80), ICMP(family, type: family == .v4 ? 8 : 128)]
        )
        for source in [cast.local, cast.remote, cast.node, cast.otherNode, cast.stranger, cast.virtual] {
            for layer in inside {
                for destination in [cast.virtual, cast.stranger] {
                    let packet = Ethernet() / IP(source, destination) / layer / "data"
                    try bench.expect(packet, gives: .drop, counted: [.spoofed])
                }
            }
        }
        // At its own veth it is nobody else's.
        let own = Ethernet() / IP(cast.local, cast.stranger) / UDP(40000, 443)
        try bench.expect(own, at: bench.node.pods[1], gives: .pass, counted: [.notService])
    }

    /// DHCP, duplicate address detection and neighbour discovery come before the address.
    @Test(arguments: AddressFamily.allCases) func whatHasToBeSentBeforeThereIsAnAddressPasses(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        let sources: [IPAddress] =
            family == .v4 ? [.of("0.0.0.0"), .of("169.254.7.7")] : [.of("::"), .of("fe80::1"), .of("febf::1")]
        for source in sources {
            let packet = Ethernet() / IP(source, bench.cast.stranger) / UDP(68, 67)
            try bench.expect(packet, gives: .pass, counted: [.notService])
        }
        let others: [IPAddress] =
            family == .v4
            ? [.of("0.0.0.1"), .of("169.253.255.255"), .of("169.255.0.1")] : [.of("fec0::1"), .of("::2")]
        for source in others {
            let packet = Ethernet() / IP(source, bench.cast.stranger) / UDP(68, 67)
            try bench.expect(packet, gives: .drop, counted: [.spoofed])
        }
    }

    /// The other family is the other program's business, and ARP is no packet with a source.
    @Test func whatIsNotOfTheFamilyIsNotChecked() throws {
        let arp = Ethernet(type: 0x0806) / Raw([UInt8](repeating: 7, count: 28))
        try bench(.v4).expect(arp, gives: .pass, counted: [.notIP])
        let v4 = Cast(.v4)
        try bench(.v6).expect(Ethernet() / IP(v4.stranger, v4.virtual) / UDP(1, 2), gives: .pass, counted: [])
    }

    /// An answer is no exception: not even one to a tracked flow, from an address that is not the backend's own.
    @Test(arguments: everyTransport) func answersAreCheckedToo(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let flow = Flow(
            transport: transport, client: Endpoint(address: bench.cast.client, port: 40000),
            frontend: Endpoint(address: bench.cast.virtual, port: 80),
            backend: Endpoint(address: bench.cast.local, port: 8080))
        let ways = (Entry.Way.peer(bench.node.pods[1]), Entry.Way.peer(bench.node.pods[0]))
        try bench.write(flow.entries(service: 3, ways: ways, seen: flow.established))
        try bench.expect(flow.reply(), at: bench.node.pods[0], gives: .drop, counted: [.spoofed])
        #expect(try bench.run([flow.reply().bytes], at: bench.node.pods[1])[0].verdict == .redirect)
    }

    @Test(arguments: everyTransport) func withoutTheCheckTheHostStackDecides(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        let packet = Ethernet() / IP(bench.cast.local, bench.cast.stranger) / Segment(transport, 40000, 443)
        try bench.expect(packet, gives: .pass, counted: [.notService])
    }
}
