// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// How new connections spread over backends; bounds are six standard deviations wide.
@Suite(.needsKernel) struct BackendChoiceTests {
    private static let flows = 2000

    /// With room for all flows twice over: a fuller table would begin to forget.
    private func bench(_ family: AddressFamily) throws -> ProgramBench {
        try ProgramBench(family) { $0.options.mapSizes["connections"] = 16384 }
    }

    /// Sends one first packet each of many flows.
    ///
    /// - Returns: how many went to each backend.
    private func spread(_ bench: ProgramBench, _ transport: TransportProtocol) throws -> [Endpoint: Int] {
        let packets = (0..<Self.flows).map { number in
            Ethernet() / IP(bench.cast.client, bench.cast.virtual)
                / Segment(transport, UInt16(20000 + number), 80)
        }
        let outcomes = try bench.run(packets.map(\.bytes))
        return try outcomes.reduce(into: [:]) { try $0[Dissection($1.packet).destination, default: 0] += 1 }
    }

    private func isNear(_ count: Int, _ share: Double) -> Bool {
        let mean = Double(Self.flows) * share
        let deviation = (mean * (1 - share)).squareRoot()
        return abs(Double(count) - mean) < 6 * deviation
    }

    @Test(arguments: everyTransport) func equalBackendsGetEqualShares(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try bench(family)
        let backends = (1...5).map {
            Endpoint(address: bench.cast.remoteBlock.address.adding(UInt8($0)), port: 8080 + UInt16($0))
        }
        try bench.serve(by: backends.map { Backend(endpoint: $0, isLocal: false) })
        let spread = try spread(bench, transport)
        #expect(Set(spread.keys) == Set(backends))
        for backend in backends {
            let count = spread[backend] ?? 0
            #expect(isNear(count, 0.2), "\(backend) got \(count) of \(Self.flows)")
        }
    }

    @Test(arguments: AddressFamily.allCases) func weightsAreShares(family: AddressFamily) throws {
        let bench = try bench(family)
        let heavy = Endpoint(address: bench.cast.remote, port: 8080)
        let light = Endpoint(address: bench.cast.remoteBlock.address.adding(9), port: 8080)
        try bench.serve(by: [
            Backend(endpoint: heavy, weight: 3, isLocal: false), Backend(endpoint: light, isLocal: false),
        ])
        let spread = try spread(bench, .tcp)
        #expect(Set(spread.keys) == [heavy, light])
        #expect(isNear(spread[heavy] ?? 0, 0.75), "\(spread)")
    }

    @Test(arguments: AddressFamily.allCases) func aDrainingBackendGetsNoNewFlowAndKeepsItsOwn(
        family: AddressFamily
    ) throws {
        let bench = try bench(family)
        let staying = Endpoint(address: bench.cast.local, port: 8080)
        let leaving = Endpoint(address: bench.cast.remote, port: 8080)
        try bench.serve(by: [Backend(endpoint: leaving, isLocal: false)])
        let packet = (Ethernet() / IP(bench.cast.client, bench.cast.virtual) / TCP(19999, 80, .syn)).bytes
        _ = try bench.run([packet])
        try bench.serve(by: [
            Backend(endpoint: leaving, isLocal: false, state: .draining), Backend(endpoint: staying, isLocal: false),
        ])
        #expect(try spread(bench, .tcp) == [staying: Self.flows])
        #expect(try Dissection(bench.run([packet])[0].packet).destination == leaving)
    }

    /// Of the mixed slots of one service each family sees only its own.
    @Test func aDualStackServiceKeepsItsFamiliesApart() throws {
        for family in AddressFamily.allCases {
            let bench = try bench(family)
            let other = Cast(family == .v4 ? .v6 : .v4)
            let own = Endpoint(address: bench.cast.local, port: 8080)
            try bench.serve(by: [
                Backend(endpoint: own, isLocal: false),
                Backend(endpoint: Endpoint(address: other.local, port: 8080), isLocal: false),
            ])
            #expect(try spread(bench, .udp) == [own: Self.flows])
        }
    }
}
