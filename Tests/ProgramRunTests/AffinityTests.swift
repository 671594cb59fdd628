// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// A client keeps its backend from one new connection to the next, as long as there is such a backend and not longer.
@Suite(.needsKernel) struct AffinityTests {
    private static let timeout = Duration.seconds(10)

    /// Of which a chance hit is one in fifty.
    private func backends(_ bench: ProgramBench) -> [Backend] {
        (1...50).map {
            Backend(
                endpoint: Endpoint(address: bench.cast.remoteBlock.address.adding($0), port: 8080), isLocal: false)
        }
    }

    @discardableResult
    private func serve(
        _ bench: ProgramBench, by backends: [Backend], shape: (inout Service) -> Void = { _ in }
    ) throws -> UInt32 {
        try bench.serve(at: [.clusterIP(bench.cast.virtual)], by: backends) { service in
            service.affinity = Self.timeout
            shape(&service)
        }
    }

    private func clients(_ bench: ProgramBench, _ count: UInt8) -> [IPAddress] {
        (1...count).map { bench.cast.client.masked(to: bench.family == .v4 ? 24 : 64).adding($0) }
    }

    /// The backends of new flows from one address.
    private func choices(
        _ bench: ProgramBench, from client: IPAddress? = nil, ports: ClosedRange<UInt16> = 40000...40019,
        _ transport: TransportProtocol = .udp
    ) throws -> [Endpoint] {
        let packets = ports.map {
            (Ethernet() / IP(client ?? bench.cast.client, bench.cast.virtual) / Segment(transport, $0, 80)).bytes
        }
        return try bench.run(packets).map { try Dissection($0.packet).destination }
    }

    @Test(arguments: everyTransport) func aClientKeepsTheBackendOfItsFirstConnection(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(family)
        try serve(bench, by: backends(bench))
        let chosen = try choices(bench, transport)
        #expect(Set(chosen).count == 1)
        #expect(try bench.kept() == [.address(bench.cast.client): chosen[0]])
    }

    @Test(arguments: AddressFamily.allCases) func everyClientHasItsOwn(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        try serve(bench, by: backends(bench))
        let clients = clients(bench, 40)
        let chosen = try clients.map { try Set(choices(bench, from: $0, ports: 40000...40002)) }
        #expect(chosen.allSatisfy { $0.count == 1 })
        #expect(Set(chosen).count > 10)
        #expect(try bench.kept().count == clients.count)
    }

    /// As in Kubernetes: TCP and UDP of one service, and all of its frontends, are one.
    @Test(arguments: AddressFamily.allCases) func theFrontendsOfAServiceShareTheClient(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        try bench.serve(
            at: [.clusterIP(bench.cast.virtual), .externalIP(bench.cast.secondVirtual)], by: backends(bench)
        ) {
            $0.affinity = Self.timeout
        }
        let chosen = try choices(bench, .tcp) + choices(bench, ports: 41000...41004, .udp)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.secondVirtual) / UDP(42000, 80)
        let other = try Dissection(bench.run([packet.bytes])[0].packet).destination
        #expect(Set(chosen + [other]).count == 1)
    }

    @Test(arguments: AddressFamily.allCases) func anotherServiceIsAnotherMatter(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let service = try serve(bench, by: backends(bench))
        for client in clients(bench, 30) {
            try bench.keep(client, on: backends(bench)[0].endpoint, of: service + 1)
        }
        let chosen = try clients(bench, 30).flatMap { try choices(bench, from: $0, ports: 40000...40000) }
        #expect(Set(chosen) != [backends(bench)[0].endpoint])
    }

    /// Each backend once, in both parts of the table: the search finds every one of them.
    @Test(arguments: AddressFamily.allCases, [1, 2, 3, 12]) func anyBackendIsFoundInTheTable(
        family: AddressFamily, locals: Int
    ) throws {
        let bench = try ProgramBench(family)
        let all = (1...37).map { number in
            Backend(
                endpoint: Endpoint(
                    address: bench.cast.remoteBlock.address.adding(UInt8(number / 3 + 1)), port: UInt16(300 * number)),
                weight: 1 + number % 4, isLocal: number % (40 / locals) == 0)
        }
        let service = try serve(bench, by: all.reversed())
        for (number, backend) in all.enumerated() {
            try bench.keep(bench.cast.client, on: backend.endpoint, of: service)
            let port = UInt16(40000 + number)
            #expect(try choices(bench, ports: port...port) == [backend.endpoint])
        }
    }

    @Test(arguments: AddressFamily.allCases) func theBackendIsKeptUntilTheTimeoutIsOver(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let service = try serve(bench, by: backends(bench))
        let kept = backends(bench)[20].endpoint
        for client in clients(bench, 20) {
            try bench.keep(client, on: kept, of: service, age: Self.timeout - .seconds(1))
        }
        let before = try bench.keptSince().max() ?? .max
        let inTime = try clients(bench, 20).flatMap { try choices(bench, from: $0, ports: 40000...40000) }
        #expect(Set(inTime) == [kept])
        // A new connection begins the time anew.
        #expect(try bench.keptSince().allSatisfy { $0 > before })
        for client in clients(bench, 20) {
            try bench.keep(client, on: kept, of: service, age: Self.timeout + .seconds(1))
        }
        let late = try clients(bench, 20).map { try choices(bench, from: $0, ports: 40001...40003) }
        #expect(late.allSatisfy { Set($0).count == 1 })
        #expect(late.count { $0[0] == kept } < 10)
    }

    @Test(arguments: AddressFamily.allCases) func aBackendThatIsGoneIsReplacedForGood(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let service = try serve(bench, by: backends(bench))
        for stale in [Endpoint(address: bench.cast.local, port: 8080), Endpoint(address: bench.cast.remote, port: 1)] {
            try bench.keep(bench.cast.client, on: stale, of: service)
            let chosen = try choices(bench, ports: 40000...40009)
            #expect(Set(chosen).count == 1)
            #expect(backends(bench).map(\.endpoint).contains(chosen[0]))
            #expect(try bench.kept() == [.address(bench.cast.client): chosen[0]])
            try bench.forgetConnections()
        }
    }

    @Test(arguments: AddressFamily.allCases) func aDrainingBackendLetsItsClientsGo(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        var all = backends(bench)
        let service = try serve(bench, by: all)
        try bench.keep(bench.cast.client, on: all[7].endpoint, of: service)
        #expect(try choices(bench, ports: 40000...40000) == [all[7].endpoint])
        all[7].state = .draining
        try serve(bench, by: all)
        let tracked = try choices(bench, ports: 40000...40000)
        #expect(tracked == [all[7].endpoint])
        #expect(!(try choices(bench, ports: 40001...40005).contains(all[7].endpoint)))
    }

    /// The slots move when others come and go.
    @Test(arguments: AddressFamily.allCases) func aClientKeepsABackendThatHasMovedInTheTable(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let all = backends(bench)
        let service = try serve(bench, by: Array(all[20...]))
        try bench.keep(bench.cast.client, on: all[30].endpoint, of: service)
        #expect(Set(try choices(bench, ports: 40000...40004)) == [all[30].endpoint])
        for (number, range) in [0..<50, 10..<31, 30..<31, 25..<50].enumerated() {
            try serve(bench, by: Array(all[range]))
            let first = UInt16(41000 + 10 * number)
            #expect(Set(try choices(bench, ports: first...first + 4)) == [all[30].endpoint])
        }
    }

    /// The policy is stronger than the habit.
    @Test(arguments: AddressFamily.allCases) func aLocalPolicyDoesNotFollowAnEntryToAnotherNode(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let local = Endpoint(address: bench.cast.local, port: 8080)
        let all = backends(bench) + [Backend(endpoint: local, isLocal: true)]
        let service = try serve(bench, by: all) { $0.internalPolicy = .local }
        try bench.keep(bench.cast.client, on: all[3].endpoint, of: service)
        #expect(Set(try choices(bench, ports: 40000...40004)) == [local])
        #expect(try bench.kept() == [.address(bench.cast.client): local])
    }

    /// A tracked flow is not a new connection: it stays where it is, and so does the client's time.
    @Test(arguments: AddressFamily.allCases) func packetsOfATrackedFlowDoNotTouchTheEntry(
        family: AddressFamily
    ) throws {
        let bench = try ProgramBench(family)
        let service = try serve(bench, by: backends(bench))
        let first = try choices(bench, ports: 40000...40000)
        try bench.keep(bench.cast.client, on: backends(bench)[9].endpoint, of: service, age: .seconds(5))
        let before = try bench.keptSince()
        #expect(try choices(bench, ports: 40000...40000) == first)
        #expect(try bench.keptSince() == before)
    }

    @Test(arguments: AddressFamily.allCases) func withoutAffinityNothingIsKept(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        try bench.serve(at: [.clusterIP(bench.cast.virtual)], by: backends(bench))
        #expect(Set(try choices(bench)).count > 1)
        #expect(try bench.kept().isEmpty)
    }

    /// It forgets who was not seen for longest rather than let anybody down.
    @Test(arguments: AddressFamily.allCases) func aFullTableStillServesNewClients(family: AddressFamily) throws {
        let bench = try ProgramBench(family) { $0.options.mapSizes["affinity"] = 16 }
        try serve(bench, by: backends(bench))
        for client in clients(bench, 200) {
            let chosen = try choices(bench, from: client, ports: 40000...40001)
            #expect(Set(chosen).count == 1)
        }
        #expect(try bench.kept().count <= 16)
    }
}
