// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// Who is served at connect time, where, and by which backend; the sockets never send anything.
@Suite(
    .needsKernel,
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/perl"), "needs perl for its socket calls"))
struct ConnectTimeScopeTests {
    private static let addressings: [(AddressFamily, Bool)] = [(.v4, false), (.v4, true), (.v6, false)]

    /// Connects many datagram sockets, and prints the name that the last one has for its peer.
    private static let calls = 30
    private static let connect = """
        my $socket;
        for (1 .. \(calls)) {
            socket($socket, $family, SOCK_DGRAM, 0) or fail();
            connect($socket, $address) or fail();
        }
        print text(getpeername($socket)), "\\n";
        """

    /// A pod's network namespace, with nothing but a loopback device that has all the addresses in question.
    private func elsewhere(_ family: AddressFamily) throws -> PrivateNode {
        let place = try PrivateNode(pods: 0)
        let cast = Cast(family)
        for address in [cast.node, cast.otherNode, cast.virtual, cast.secondVirtual] {
            try place.addAddress(address, prefixLength: family == .v4 ? 32 : 128, to: "lo")
        }
        return place
    }

    private func loopback(_ family: AddressFamily, port: UInt16) -> Endpoint {
        Endpoint(address: family == .v4 ? .of("127.0.0.1") : .of("::1"), port: port)
    }

    /// Of which a chance hit is one in fifty.
    private func backends(_ family: AddressFamily, isLocal: Bool = false) -> [Backend] {
        (1...50).map { Backend(endpoint: loopback(family, port: 9000 + $0), isLocal: isLocal) }
    }

    private func name(_ endpoint: Endpoint, mapped: Bool) -> String {
        mapped ? "[::ffff:\(endpoint.address)]:\(endpoint.port)" : "\(endpoint)"
    }

    private func expect(
        _ bench: SocketBench, _ endpoint: Endpoint, mapped: Bool = false, in place: PrivateNode? = nil,
        prints line: String? = nil, counts: [CounterReason: UInt64], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = try bench.bench.counters()
        let child = try bench.start(Self.connect, to: endpoint, mapped: mapped, in: place)
        let lines = try bench.lines(child, sourceLocation: sourceLocation)
        #expect(lines == [line ?? name(endpoint, mapped: mapped)], sourceLocation: sourceLocation)
        let counted = try bench.bench.counters().reduce(into: [:]) { $0[$1.key] = $1.value - (before[$1.key] ?? 0) }
            .filter { $0.value > 0 }
        #expect(counted == counts, sourceLocation: sourceLocation)
    }

    private static let served: [CounterReason: UInt64] = [
        .socketTranslated: UInt64(calls), .socketRestored: 1,
    ]
    private static let unserved: [CounterReason: UInt64] = [.socketNotService: UInt64(calls) + 1]

    // Node ports

    @Test(arguments: addressings) func aNodePortIsServedOnTheNodesOwnAddressesFromEverywhere(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(at: [.nodePort], by: backends(family))
        let (place, cast) = (try elsewhere(family), bench.bench.cast)
        let own = Endpoint(address: cast.node, port: 30080)
        try expect(bench, own, mapped: mapped, counts: Self.served)
        try expect(bench, own, mapped: mapped, in: place, counts: Self.served)
        // Another node may have other services, or be no node at all.
        let foreign = Endpoint(address: cast.otherNode, port: 30080)
        try expect(bench, foreign, mapped: mapped, counts: Self.unserved)
        try expect(bench, foreign, mapped: mapped, in: place, counts: Self.unserved)
        try expect(bench, Endpoint(address: cast.node, port: 30081), mapped: mapped, counts: Self.unserved)
    }

    /// 127.0.0.1 inside a pod is the pod's.
    @Test(.needsNamespaceCookie, arguments: addressings) func aNodePortIsServedOnLoopbackInTheNodesOwnNamespaceOnly(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(at: [.nodePort], by: backends(family))
        let asked = loopback(family, port: 30080)
        try expect(bench, asked, mapped: mapped, counts: Self.served)
        try expect(bench, asked, mapped: mapped, in: elsewhere(family), counts: Self.unserved)
        if family == .v4 {
            try expect(
                bench, Endpoint(address: .of("127.7.7.7"), port: 30080), mapped: mapped, counts: Self.served)
        }
    }

    /// Connecting to no address means the caller's own, and it is the key of node ports besides.
    @Test(.needsNamespaceCookie, arguments: AddressFamily.allCases)
    func aNodePortIsServedAtNoAddressInTheNodesOwnNamespaceOnly(
        family: AddressFamily
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(at: [.nodePort], by: backends(family))
        let asked = Endpoint(address: family == .v4 ? .of("0.0.0.0") : .of("::"), port: 30080)
        let own = name(loopback(family, port: 30080), mapped: false)
        try expect(bench, asked, in: elsewhere(family), prints: own, counts: Self.unserved)
        try expect(bench, asked, counts: Self.served)
    }

    /// What a frontend says of an address with the same port is no node port.
    @Test(arguments: AddressFamily.allCases) func loopbackHasNoOtherFrontends(family: AddressFamily) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(loopback(family, port: 1).address, port: 30080, by: backends(family))
        try expect(bench, loopback(family, port: 30080), counts: Self.unserved)
    }

    /// No cookie stands for the namespace that the machine was started in, which is not the one of this test.
    @Test(arguments: AddressFamily.allCases) func withoutACookieTheInitialNamespaceIsTheNodes(
        family: AddressFamily
    ) throws {
        let bench = try SocketBench(family) { $0.node.namespaceCookie = 0 }
        try bench.bench.serve(at: [.nodePort], by: backends(family))
        try expect(bench, loopback(family, port: 30080), counts: Self.unserved)
        try expect(bench, Endpoint(address: bench.bench.cast.node, port: 30080), counts: Self.served)
    }

    @Test(arguments: addressings) func externalAndLoadBalancerAddressesAreServed(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let cast = bench.bench.cast
        try bench.bench.serve(
            at: [.externalIP(cast.virtual), .loadBalancer(cast.secondVirtual)], by: backends(family))
        for address in [cast.virtual, cast.secondVirtual] {
            try expect(bench, Endpoint(address: address, port: 80), mapped: mapped, counts: Self.served)
        }
    }

    // Which backend

    /// The client's address is not chosen yet: its network namespace stands for it.
    @Test(.needsNamespaceCookie, arguments: addressings) func affinityGoesByTheNetworkNamespace(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let asked = Endpoint(address: bench.bench.cast.virtual, port: 80)
        try bench.bench.serve(at: [.clusterIP(asked.address)], by: backends(family)) { $0.affinity = .seconds(10) }
        let places = try [nil] + (0..<4).map { _ in try elsewhere(family) }
        var chosen: [Set<Endpoint>] = []
        for place in places {
            let before = Set(try bench.remembered().map(\.backend))
            _ = try bench.lines(bench.start(Self.connect, to: asked, mapped: mapped, in: place))
            chosen.append(Set(try bench.remembered().map(\.backend)).subtracting(before))
        }
        // Two of five namespaces may have drawn the same one of fifty.
        #expect(chosen.allSatisfy { $0.count <= 1 })
        #expect(chosen.joined().count > 1)
        let kept = try bench.bench.kept()
        let cookies = try places.map { place in
            try (place ?? bench.bench.node.node).run {
                UInt32(truncatingIfNeeded: NetworkNamespace.currentCookie() ?? 0)
            }
        }
        #expect(Set(kept.keys) == Set(cookies.map { AffinityEntry.Client.namespace(cookie: $0) }))
        #expect(Set(kept.values) == Set(chosen.joined()))
    }

    @Test(arguments: addressings) func withoutAffinityEveryCallIsADraw(family: AddressFamily, mapped: Bool) throws {
        for algorithm in BalancingAlgorithm.allCases {
            let bench = try SocketBench(family) { $0.options.mapSizes["slots"] = 65536 }
            let asked = Endpoint(address: bench.bench.cast.virtual, port: 80)
            try bench.bench.serve(at: [.clusterIP(asked.address)], by: backends(family)) { $0.algorithm = algorithm }
            try expect(bench, asked, mapped: mapped, counts: Self.served)
            #expect(Set(try bench.remembered().map(\.backend)).count > 5)
            #expect(try bench.bench.kept().isEmpty)
        }
    }

    @Test(arguments: addressings) func withInternalPolicyLocalOnlyBackendsHereAreDrawn(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let asked = Endpoint(address: bench.bench.cast.virtual, port: 80)
        let local = Backend(endpoint: loopback(family, port: 8080), isLocal: true)
        try bench.bench.serve(at: [.clusterIP(asked.address)], by: backends(family) + [local]) {
            $0.internalPolicy = .local
        }
        try expect(bench, asked, mapped: mapped, counts: Self.served)
        #expect(Set(try bench.remembered().map(\.backend)) == [local.endpoint])
    }

    /// A process inside is no client outside, whatever address it asks for.
    @Test(arguments: AddressFamily.allCases) func externalPolicyLocalDoesNotConcernProcesses(
        family: AddressFamily
    ) throws {
        let bench = try SocketBench(family)
        try bench.bench.serve(at: [.nodePort], by: backends(family)) { $0.externalPolicy = .local }
        try expect(bench, Endpoint(address: bench.bench.cast.node, port: 30080), counts: Self.served)
    }

    @Test(.needsReturnValue, arguments: addressings) func aPolicyThatLeavesNoBackendRefusesTheCall(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let asked = Endpoint(address: bench.bench.cast.virtual, port: 80)
        try bench.bench.serve(at: [.clusterIP(asked.address), .nodePort], by: backends(family)) {
            $0.internalPolicy = .local
        }
        try expect(
            bench, asked, mapped: mapped, prints: "errno \(ECONNREFUSED)", counts: [.socketNoBackend: 1])
        try bench.bench.serve(at: [.clusterIP(asked.address), .nodePort], by: [])
        for endpoint in [Endpoint(address: bench.bench.cast.node, port: 30080), loopback(family, port: 30080)] {
            try expect(
                bench, endpoint, mapped: mapped, prints: "errno \(ECONNREFUSED)", counts: [.socketNoBackend: 1])
        }
    }

    // Source ranges

    /// A pod's address decides, and only its packets bear it. A process of the node is always allowed.
    @Test(.needsNamespaceCookie, arguments: addressings) func aServiceWithSourceRangesIsLeftToThePacketsOfPods(
        family: AddressFamily, mapped: Bool
    ) throws {
        let bench = try SocketBench(family)
        let cast = bench.bench.cast
        try bench.bench.serve(at: [.clusterIP(cast.virtual), .externalIP(cast.secondVirtual)], by: backends(family)) {
            $0.sourceRanges = [Prefix(host: cast.gateway)]
        }
        let place = try elsewhere(family)
        let external = Endpoint(address: cast.secondVirtual, port: 80)
        try expect(bench, external, mapped: mapped, counts: Self.served)
        try expect(
            bench, external, mapped: mapped, in: place,
            counts: [.socketLeftToPackets: UInt64(Self.calls), .socketNotService: 1])
        // Ranges are about clients outside.
        try expect(bench, Endpoint(address: cast.virtual, port: 80), mapped: mapped, in: place, counts: Self.served)
    }
}
