// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// A consistent service: the tuple alone decides, on every node and whatever else changes.
@Suite(.needsKernel) struct MaglevTests {
    private static let flows = 2000

    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        try ProgramBench(["from_workload", "from_uplink"], family) { setup in
            setup.options.mapSizes["connections"] = 16384
            setup.options.mapSizes["slots"] = 65536
        }
    }

    private func backends(_ bench: ProgramBench, _ numbers: ClosedRange<UInt8> = 1...100) -> [Backend] {
        numbers.map {
            Backend(
                endpoint: Endpoint(address: bench.cast.remoteBlock.address.adding($0), port: 8080), isLocal: false)
        }
    }

    private func serve(_ bench: ProgramBench, _ backends: [Backend], affinity: Duration? = nil) throws {
        try bench.serve(at: [.clusterIP(bench.cast.virtual)], by: backends) { service in
            service.algorithm = .maglev
            service.affinity = affinity
        }
    }

    /// Which backend each of many new flows gets, none of them being tracked from before.
    private func choices(_ bench: ProgramBench, _ transport: TransportProtocol = .tcp) throws -> [Endpoint] {
        try bench.forgetConnections()
        let packets = (0..<Self.flows).map {
            (Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(transport, UInt16(20000 + $0), 80)).bytes
        }
        return try bench.run(packets).map { try Dissection($0.packet).destination }
    }

    @Test(arguments: everyTransport) func theSameTupleGetsTheSameBackendOnEveryNode(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let (one, other) = (try bench(family), try bench(family))
        try serve(one, backends(one))
        // The other node has heard of them in another order, and one of them lives there.
        var shuffled = Array(backends(other).reversed())
        shuffled[40].isLocal = true
        try serve(other, shuffled)
        let first = try choices(one, transport)
        #expect(Set(first).count == 100)
        #expect(try choices(one, transport) == first)
        #expect(try choices(other, transport) == first)
    }

    /// The aim is 2 of 100 flows that need not have moved.
    @Test(arguments: AddressFamily.allCases) func removingOneBackendMovesHardlyAnyOtherFlow(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        let backends = backends(bench)
        try serve(bench, backends)
        let before = try choices(bench)
        for gone in [0, 57, 99] {
            var fewer = backends
            fewer.remove(at: gone)
            try serve(bench, fewer)
            let after = try choices(bench)
            let staying = zip(before, after).filter { $0.0 != backends[gone].endpoint }
            let moved = staying.count { $0.0 != $0.1 }
            #expect(staying.count < Self.flows)
            #expect(moved * 100 <= staying.count * 2, "\(moved) of \(staying.count) flows moved")
            #expect(!after.contains(backends[gone].endpoint))
        }
        try serve(bench, backends)
        #expect(try choices(bench) == before)
    }

    @Test(arguments: AddressFamily.allCases) func equalBackendsGetNearlyEqualShares(family: AddressFamily) throws {
        let bench = try bench(family)
        try serve(bench, backends(bench, 1...5))
        let counts = try choices(bench).reduce(into: [:]) { $0[$1, default: 0] += 1 }
        // 400 each; six standard deviations and a hundredth for the table.
        #expect(counts.count == 5)
        #expect(counts.values.allSatisfy { abs($0 - 400) < 6 * 18 + 20 }, "\(counts)")
    }

    @Test(arguments: AddressFamily.allCases) func weightsAreShares(family: AddressFamily) throws {
        let bench = try bench(family)
        var backends = backends(bench, 1...2)
        backends[0].weight = 3
        try serve(bench, backends)
        let heavy = try choices(bench).count { $0 == backends[0].endpoint }
        #expect(abs(heavy - 1500) < 6 * 20 + 20, "\(heavy)")
    }

    /// The client's address alone is hashed, so that no entry is needed.
    @Test(arguments: AddressFamily.allCases) func withAffinityAClientHasOneBackendAndNoEntry(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        try serve(bench, backends(bench), affinity: .seconds(10))
        #expect(Set(try choices(bench)).count == 1)
        #expect(try bench.kept().isEmpty)
        let clients = (1...UInt8(200)).map { bench.cast.client.masked(to: family == .v4 ? 24 : 64).adding($0) }
        let packets = clients.map { (Ethernet() / IP($0, bench.cast.virtual) / UDP(40000, 80)).bytes }
        let chosen = Set(try bench.run(packets).map { try Dissection($0.packet).destination })
        #expect(chosen.count > 50)
    }

    /// The local part of the table is another one, made of the local backends alone.
    @Test(arguments: AddressFamily.allCases) func aLocalPolicyDrawsFromTheLocalTable(family: AddressFamily) throws {
        let bench = try bench(family)
        var backends = backends(bench, 1...30)
        let local = (0..<3).map { Endpoint(address: bench.cast.local, port: 9000 + $0) }
        backends += local.map { Backend(endpoint: $0, isLocal: true) }
        try bench.serve(at: [.clusterIP(bench.cast.virtual)], by: backends) { service in
            service.algorithm = .maglev
            service.internalPolicy = .local
        }
        let first = try choices(bench)
        #expect(Set(first) == Set(local))
        #expect(try choices(bench) == first)
    }

    @Test(arguments: AddressFamily.allCases) func aLocalPolicyWithoutLocalBackendsDrops(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        try bench.serve(at: [.clusterIP(bench.cast.virtual)], by: backends(bench, 1...30)) { service in
            service.algorithm = .maglev
            service.internalPolicy = .local
        }
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.virtual) / UDP(40000, 80)
        try bench.expect(packet, gives: .drop, counted: [.noLocalBackend])
    }

    /// A draining backend gives its share away, and nothing else moves but a few.
    @Test(arguments: AddressFamily.allCases) func drainingMovesTheFlowsOfTheBackendAndFewOthers(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        var backends = backends(bench)
        try serve(bench, backends)
        let before = try choices(bench)
        backends[57].state = .draining
        try serve(bench, backends)
        let after = try choices(bench)
        #expect(!after.contains(backends[57].endpoint))
        let staying = zip(before, after).filter { $0.0 != backends[57].endpoint }
        #expect(staying.count { $0.0 != $0.1 } * 100 <= staying.count * 2)
    }
}
