// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Each criterion of a tracer, applied by the programs: hit and miss.
@Suite(.needsKernel) struct TraceFilterTests {
    /// A criterion, and whether it accepts the first packet of the flow below.
    struct Criterion: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let accepts: Bool
        let shape: @Sendable (inout TraceFilter, Cast) throws -> Void

        init(_ text: String, _ accepts: Bool, _ shape: @escaping @Sendable (inout TraceFilter, Cast) throws -> Void) {
            testDescription = text
            self.accepts = accepts
            self.shape = shape
        }
    }

    static let criteria: [Criterion] = [
        Criterion("all", true) { _, _ in },
        Criterion("protocol", true) { filter, _ in filter.transport = .tcp },
        Criterion("another protocol", false) { filter, _ in filter.transport = .udp },
        Criterion("family", true) { filter, cast in filter.family = cast.family },
        Criterion("the other family", false) { filter, cast in filter.family = cast.family == .v4 ? .v6 : .v4 },
        Criterion("source", true) { filter, cast in filter.source = host(cast.client) },
        Criterion("source with its port", true) { filter, cast in filter.source = host(cast.client, 40000) },
        Criterion("source with another port", false) { filter, cast in filter.source = host(cast.client, 40001) },
        Criterion("source that is the destination", false) { filter, cast in filter.source = host(cast.virtual) },
        Criterion("source's block", true) { filter, cast in
            filter.source = EndpointFilter(prefix: Prefix(around: cast.client, length: cast.subnetLength))
        },
        Criterion("the block beside the source's", false) { filter, cast in
            filter.source = EndpointFilter(prefix: cast.remoteBlock)
        },
        Criterion("everything of the family", true) { filter, cast in
            filter.source = EndpointFilter(prefix: Prefix(around: cast.client, length: 0))
        },
        Criterion("everything of the other family", false) { filter, cast in
            filter.source = EndpointFilter(
                prefix: Prefix(around: Cast(cast.family == .v4 ? .v6 : .v4).client, length: 0))
        },
        Criterion("destination", true) { filter, cast in filter.destination = host(cast.virtual, 80) },
        Criterion("destination that is the backend", false) { filter, cast in filter.destination = host(cast.local) },
        Criterion("destination's port", true) { filter, _ in filter.destination = EndpointFilter(port: 80) },
        Criterion("destination's port after translation", false) { filter, _ in
            filter.destination = EndpointFilter(port: 8080)
        },
        Criterion("any address: the client", true) { filter, cast in filter.address = host(cast.client) },
        Criterion("any address: the service", true) { filter, cast in filter.address = host(cast.virtual, 80) },
        Criterion("any address: the backend", true) { filter, cast in filter.address = host(cast.local, 8080) },
        Criterion("any address: somebody else", false) { filter, cast in filter.address = host(cast.stranger) },
        Criterion("any address: a port of another end", false) { filter, cast in
            filter.address = host(cast.client, 80)
        },
        Criterion("any port", true) { filter, _ in filter.port = 8080 },
        Criterion("no such port", false) { filter, _ in filter.port = 81 },
        Criterion("address and port of different ends", true) { filter, cast in
            (filter.address, filter.port) = (host(cast.client), 80)
        },
        Criterion("service", true) { filter, _ in filter.service = try ServiceName("default/s-80-a") },
        Criterion("another service", false) { filter, _ in filter.service = try ServiceName("default/s-81-a") },
        Criterion("reason", true) { filter, _ in filter.reasons = [.forwardPeer, .newConnection] },
        Criterion("another reason", false) { filter, _ in filter.reasons = [.forwardStack] },
    ]

    private static func host(_ address: IPAddress, _ port: UInt16? = nil) -> EndpointFilter {
        EndpointFilter(prefix: Prefix(host: address), port: port)
    }

    @Test(arguments: AddressFamily.allCases, criteria.indices) func aCriterionIsAppliedByThePrograms(
        family: AddressFamily, index: Int
    ) throws {
        let criterion = Self.criteria[index]
        let bench = try ProgramBench(family)
        try bench.serve(by: bench.cast.local)
        try bench.serve(
            port: 81, by: [Backend(endpoint: Endpoint(address: bench.cast.remote, port: 1), isLocal: false)])
        let packet =
            Ethernet() / IP(bench.cast.client, bench.cast.virtual) / Segment(.tcp, 40000, 80) / "data"
        var tracer = try bench.trace { try criterion.shape(&$0, bench.cast) }
        _ = try bench.run([packet.bytes])
        let reasons = try tracer.take(atMost: .max).map(\.reason)
        #expect(reasons == (criterion.accepts ? [.newConnection, .forwardPeer] : []), "\(criterion)")
        #expect(try tracer.lostEvents() == 0)
    }

    @Test(arguments: AddressFamily.allCases) func anInterfaceIsThatOfTheProgram(family: AddressFamily) throws {
        let bench = try ProgramBench(family)
        let packet = Ethernet() / IP(bench.cast.client, bench.cast.stranger) / Segment(.udp, 40000, 53) / "data"
        var tracer = try bench.trace { $0.interfaceIndex = bench.node.pods[1] }
        _ = try bench.run([packet.bytes], at: bench.node.pods[0])
        #expect(try tracer.take(atMost: .max).isEmpty)
        _ = try bench.run([packet.bytes], at: bench.node.pods[1])
        #expect(try tracer.take(atMost: .max).map(\.interfaceIndex) == [bench.node.pods[1]])
    }

    @Test func aServiceThatThereIsNotIsRefused() throws {
        let bench = try ProgramBench(.v4)
        let name = try ServiceName("default/absent")
        #expect(throws: DataplaneError.unknownService(name)) { _ = try bench.trace { $0.service = name } }
    }

    /// A name without a port stands for all of the service's, of which only so many fit into what programs are told.
    @Test(arguments: [16, 17]) func aServicesPortsAreTracedTogetherUpToALimit(count: Int) throws {
        let bench = try ProgramBench(.v4)
        var store = try ServiceStore(in: bench.directory)
        let services = try (0..<count).map { number in
            let endpoint = Endpoint(address: bench.cast.virtual, port: UInt16(80 + number))
            return Service(
                name: try ServiceName("default/many:p\(number)"),
                frontends: [.clusterIP(FrontendAddress(endpoint: endpoint, transport: .udp))],
                backends: [Backend(endpoint: Endpoint(address: bench.cast.local, port: 8080), isLocal: false)])
        }
        let difference = try store.difference(to: services, pruning: false)
        try store.apply(difference)
        let name = try ServiceName("default/many")
        guard count <= 16 else {
            #expect(throws: DataplaneError.tooManyServicePorts(name, count, limit: 16)) {
                _ = try bench.trace { $0.service = name }
            }
            return
        }
        var tracer = try bench.trace { $0.service = name }
        let packets = (0..<count).map { number in
            (Ethernet() / IP(bench.cast.client, bench.cast.virtual)
                / Segment(.udp, 40000, UInt16(80 + number)) / "data").bytes
        }
        _ = try bench.run(packets)
        let events = try tracer.take(atMost: .max).filter { $0.reason == .newConnection }
        #expect(events.compactMap { $0.service?.port } == (0..<count).map { "p\($0)" })
    }
}
