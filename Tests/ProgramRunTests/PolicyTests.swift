// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Who may be served, and by which of the backends: traffic policies and source ranges.
@Suite(.needsKernel) struct PolicyTests {
    private static let programs = ["from_uplink", "from_workload", "to_uplink"]
    private static let flows = UInt16(60)

    private func backend(_ address: IPAddress, isLocal: Bool) -> Backend {
        Backend(endpoint: Endpoint(address: address, port: 8080), isLocal: isLocal)
    }

    private func both(_ bench: ProgramBench) -> [Backend] {
        [backend(bench.cast.remote, isLocal: false), backend(bench.cast.local, isLocal: true)]
    }

    private func flow(
        _ bench: ProgramBench, _ transport: TransportProtocol, from client: IPAddress,
        at kind: ProgramBench.FrontendKind, port: UInt16 = 40000
    ) -> Flow {
        let asked = kind.endpoint(on: bench.cast)
        return Flow(
            transport: transport, client: Endpoint(address: client, port: port), frontend: asked, backend: asked)
    }

    /// Where the packets of many flows go: into the pod here, through the overlay, or out of the uplink.
    private func spread(
        _ bench: ProgramBench, _ transport: TransportProtocol, from client: IPAddress,
        at kind: ProgramBench.FrontendKind, by program: String
    ) throws -> [CounterReason: UInt64] {
        let packets = (0..<Self.flows).map {
            flow(bench, transport, from: client, at: kind, port: 40000 + $0).request().bytes
        }
        _ = try bench.run(packets, by: program)
        return try bench.counters().filter { $0.key != .newConnection }
    }

    /// Of two backends: that sixty flows miss one of them happens once in 2^59 times.
    private func isSpread(_ counters: [CounterReason: UInt64], _ expected: Set<CounterReason>) -> Bool {
        Set(counters.keys) == expected && counters.values.reduce(0, +) == UInt64(Self.flows)
    }

    @Test(arguments: everyTransport) func withoutAPolicyEveryBackendServesClientsOutside(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: both(bench))
        let counters = try spread(
            bench, transport, from: bench.cast.stranger, at: .nodePort, by: "from_uplink")
        #expect(isSpread(counters, [.forwardPeer, .forwardTunnel]), "\(counters)")
    }

    @Test(arguments: everyTransport) func withExternalPolicyLocalOnlyBackendsHereServeClientsOutside(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        for kind in [ProgramBench.FrontendKind.nodePort, .externalIP(Cast(family).virtual)] {
            let bench = try ProgramBench(Self.programs, family)
            try bench.serve(at: [kind], by: both(bench)) { $0.externalPolicy = .local }
            let counters = try spread(
                bench, transport, from: bench.cast.stranger, at: kind, by: "from_uplink")
            #expect(counters == [.forwardPeer: UInt64(Self.flows)])
        }
    }

    /// kube-proxy's rule: for a pod of the cluster the external address is only another name.
    @Test(arguments: everyTransport) func withExternalPolicyLocalEveryBackendServesPods(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.externalIP(bench.cast.virtual)], by: both(bench)) { $0.externalPolicy = .local }
        let here = try spread(
            bench, transport, from: bench.cast.client, at: .externalIP(bench.cast.virtual), by: "from_workload")
        #expect(isSpread(here, [.forwardPeer, .forwardNeighbor]), "\(here)")
        let other = try ProgramBench(Self.programs, family)
        try other.serve(at: [.nodePort], by: [backend(other.cast.remote, isLocal: false)]) {
            $0.externalPolicy = .local
        }
        let elsewhere = try spread(
            other, transport, from: other.cast.remoteBlock.address.adding(77), at: .nodePort, by: "from_uplink")
        #expect(elsewhere == [.forwardTunnel: UInt64(Self.flows)])
    }

    /// Another node's own address is no pod's.
    @Test(arguments: everyTransport) func withExternalPolicyLocalANodeIsAClientOutside(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try bench.serve(at: [.nodePort], by: both(bench)) { $0.externalPolicy = .local }
        let counters = try spread(bench, transport, from: bench.cast.otherNode, at: .nodePort, by: "from_uplink")
        #expect(counters == [.forwardPeer: UInt64(Self.flows)])
    }

    @Test(arguments: everyTransport) func withInternalPolicyLocalOnlyBackendsHereServePods(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let kind = ProgramBench.FrontendKind.clusterIP(bench.cast.virtual)
        try bench.serve(at: [kind], by: both(bench)) { $0.internalPolicy = .local }
        let counters = try spread(bench, transport, from: bench.cast.client, at: kind, by: "from_workload")
        #expect(counters == [.forwardPeer: UInt64(Self.flows)])
    }

    /// It is a policy of the cluster IP, not of the other frontends of the same service.
    @Test(arguments: everyTransport) func eachPolicyHoldsForItsOwnFrontends(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let kinds = [ProgramBench.FrontendKind.clusterIP(bench.cast.virtual), .externalIP(bench.cast.secondVirtual)]
        try bench.serve(at: kinds, by: both(bench)) { $0.internalPolicy = .local }
        let counters = try spread(bench, transport, from: bench.cast.client, at: kinds[1], by: "from_workload")
        #expect(isSpread(counters, [.forwardPeer, .forwardNeighbor]), "\(counters)")
    }

    private func expectToLetNobodyIn(
        _ bench: ProgramBench, _ transport: TransportProtocol, by backends: [Backend],
        _ expect: (PacketBuilder.Packet, String) throws -> Void
    ) throws {
        try bench.serve(at: [.clusterIP(bench.cast.virtual), .nodePort], by: backends) { service in
            service.externalPolicy = .local
            service.internalPolicy = .local
        }
        let cases: [(IPAddress, ProgramBench.FrontendKind, String)] = [
            (bench.cast.client, .clusterIP(bench.cast.virtual), "from_workload"),
            (bench.cast.node, .clusterIP(bench.cast.virtual), "to_uplink"),
            (bench.cast.stranger, .nodePort, "from_uplink"),
        ]
        for (client, kind, program) in cases {
            try expect(flow(bench, transport, from: client, at: kind).request(), program)
        }
    }

    /// kube-proxy's rule: who tries again, by way of a balancer, may come to a node that has one.
    @Test(arguments: everyTransport) func aPolicyThatLeavesNoBackendOfSomeDrops(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try expectToLetNobodyIn(bench, transport, by: [backend(bench.cast.remote, isLocal: false)]) {
            try bench.expect($0, by: $1, gives: .drop, counted: [.noLocalBackend])
        }
        #expect(try bench.entries().isEmpty)
    }

    /// There is nowhere else to try.
    @Test(arguments: everyTransport) func aPolicyOfAServiceWithoutBackendsIsAnsweredAsAClosedPort(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        try expectToLetNobodyIn(bench, transport, by: []) { request, program in
            try bench.expect(
                request, by: program, gives: .redirect, portUnreachable(about: request), counted: [.unreachableSent])
        }
    }

    /// The client's address decides, whichever way it came.
    @Test(arguments: everyTransport) func aClientOutsideTheSourceRangesIsDropped(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let ranges = [
            Prefix(around: bench.cast.gateway, length: family == .v4 ? 24 : 64), Prefix(host: bench.cast.remote),
        ]
        let kinds = [ProgramBench.FrontendKind.externalIP(bench.cast.virtual), .nodePort]
        try bench.serve(at: kinds, by: [backend(bench.cast.local, isLocal: true)]) { $0.sourceRanges = ranges }
        for kind in kinds {
            let denied = flow(bench, transport, from: bench.cast.stranger, at: kind).request()
            try bench.expect(denied, by: "from_uplink", gives: .drop, counted: [.sourceDenied])
            let pod = flow(bench, transport, from: bench.cast.client, at: kind).request()
            try bench.expect(pod, gives: .drop, counted: [.sourceDenied])
            let neighbour = flow(bench, transport, from: bench.cast.remoteBlock.address.adding(4), at: kind).request()
            try bench.expect(neighbour, by: "from_uplink", gives: .drop, counted: [.sourceDenied])
            for client in [bench.cast.otherNode, bench.cast.gateway, bench.cast.remote] {
                let allowed = flow(bench, transport, from: client, at: kind).request().bytes
                #expect(try bench.run([allowed], by: "from_uplink")[0].verdict == .redirect)
            }
        }
        #expect(try bench.counters()[.sourceDenied] == 6)
    }

    /// Node-local health checks must not depend on what the administrator thought of clients.
    @Test(.needsIngressOfRuns, arguments: everyTransport) func aProcessOfTheNodeIsInEverySourceRange(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let kind = ProgramBench.FrontendKind.externalIP(bench.cast.virtual)
        try bench.serve(at: [kind], by: [backend(bench.cast.remote, isLocal: false)]) {
            $0.sourceRanges = [Prefix(host: Cast(family).gateway)]
        }
        let request = flow(bench, transport, from: bench.cast.node, at: kind).request()
        // A pod's packet that the host stack has brought to the uplink is not the node's own.
        try bench.expect(
            request, by: "to_uplink", ingress: bench.node.pods[0], gives: .drop, counted: [.sourceDenied])
        #expect(try bench.run([request.bytes], by: "to_uplink")[0].verdict == .redirect)
    }

    @Test(arguments: everyTransport) func sourceRangesHoldForExternalFrontendsOfTheirServiceOnly(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let cluster = ProgramBench.FrontendKind.clusterIP(bench.cast.virtual)
        try bench.serve(
            at: [cluster, .nodePort], by: [backend(bench.cast.local, isLocal: true)]
        ) { $0.sourceRanges = [Prefix(host: Cast(family).gateway)] }
        try bench.serve(bench.cast.secondVirtual, by: [backend(bench.cast.local, isLocal: true)])
        for kind in [cluster, .clusterIP(bench.cast.secondVirtual)] {
            let request = flow(bench, transport, from: bench.cast.client, at: kind).request().bytes
            #expect(try bench.run([request])[0].verdict == .redirect)
        }
        #expect(try bench.counters()[.sourceDenied] == nil)
    }

    /// A load balancer may itself come in by the node port, under any address.
    @Test(arguments: everyTransport) func ofAServiceWithALoadBalancerOnlyItsAddressHasSourceRanges(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let balancer = ProgramBench.FrontendKind.loadBalancer(bench.cast.virtual)
        let open = [ProgramBench.FrontendKind.nodePort, .externalIP(bench.cast.secondVirtual)]
        try bench.serve(at: open + [balancer], by: [backend(bench.cast.local, isLocal: true)]) {
            $0.sourceRanges = [Prefix(host: Cast(family).gateway)]
        }
        let denied = flow(bench, transport, from: bench.cast.stranger, at: balancer).request()
        try bench.expect(denied, by: "from_uplink", gives: .drop, counted: [.sourceDenied])
        for kind in open {
            let allowed = flow(bench, transport, from: bench.cast.stranger, at: kind).request().bytes
            #expect(try bench.run([allowed], by: "from_uplink")[0].verdict == .redirect)
        }
        #expect(try bench.counters()[.sourceDenied] == 1)
    }

    /// A rule for new connections, as in kube-proxy: what is tracked goes on.
    @Test(arguments: everyTransport) func aFlowThatHasBegunOutlivesANarrowerRange(
        family: AddressFamily, transport: TransportProtocol
    ) throws {
        let bench = try ProgramBench(Self.programs, family)
        let local = backend(bench.cast.local, isLocal: true)
        try bench.serve(at: [.nodePort], by: [local])
        let flow = flow(bench, transport, from: bench.cast.stranger, at: .nodePort)
        _ = try bench.run([flow.request().bytes], by: "from_uplink")
        try bench.serve(at: [.nodePort], by: [local]) { $0.sourceRanges = [Prefix(host: Cast(family).gateway)] }
        #expect(try bench.run([flow.request(.ack).bytes], by: "from_uplink")[0].verdict == .redirect)
    }
}
