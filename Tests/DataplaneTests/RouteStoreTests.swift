// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import TestSupport
import Testing
import Topology

@testable import Dataplane

@Suite(.needsKernel) struct RouteStoreTests {
    private func entry(
        _ prefix: String, _ role: Route.Role = .workload, local index: UInt32? = nil, via node: String? = nil,
        noDSR: Bool = false, origin: RouteEntry.Origin = .kernel, isPeer: Bool = false
    ) throws -> RouteEntry {
        let place: Route.Place =
            if let node { .remote(via: try IPAddress(node)) } else {
                .local(InterfaceReference(name: nil, index: index ?? 0))
            }
        return RouteEntry(
            route: Route(prefix: try Prefix(prefix), role: role, place: place, noDSR: noDSR), origin: origin,
            isPeer: isPeer)
    }

    /// One that reaches everything else by an uplink, but for what it is told.
    private func kernel(_ desired: [DesiredRoute] = [], around: [String] = []) throws -> KernelRoutes {
        var ways = Dictionary(uniqueKeysWithValues: try around.map { (try Prefix($0), false) })
        for prefix in try ["0.0.0.0/0", "::/0"].map({ try Prefix($0) }) { ways[prefix] = true }
        return KernelRoutes(desired: desired, leavesByUplink: ways)
    }

    @Test func everyPropertyIsReadBack() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory, noDSR: [Prefix("198.51.100.0/24")])
        let entries = [
            try entry("10.1.0.2/32", local: 7, isPeer: true), try entry("10.2.0.0/24", via: "192.0.2.2"),
            try entry("192.0.2.1/32", .host, local: 3), try entry("192.0.2.2/32", .host, via: "192.0.2.2"),
            try entry("192.0.2.9/32", .host, via: "192.0.2.9"),
            try entry("198.51.100.0/24", .host, via: "192.0.2.9", noDSR: true),
            try entry("0.0.0.0/0", .host, via: "0.0.0.0", origin: .manual),
            try entry("10.3.0.0/24", via: "192.0.2.9", origin: .cluster),
            try entry("fd00:2::/64", via: "2001:db8::2"), try entry("fd00:1::2/128", local: 7, isPeer: true),
            try entry("2001:db8::2/128", .host, via: "2001:db8::2"),
        ]
        for entry in entries { try store.write(entry) }
        #expect(try store.routes() == entries.sorted { $0.route < $1.route })
    }

    @Test func theLongestPrefixIsFound() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let (wide, narrow, host) = (
            try entry("10.0.0.0/8", via: "192.0.2.2"), try entry("10.1.0.0/16", via: "192.0.2.3"),
            try entry("10.1.0.2/32", local: 7)
        )
        for entry in [narrow, host, wide] { try store.write(entry) }
        #expect(try store.lookUp(IPAddress("192.0.2.3")) == entry("192.0.2.3/32", .host, via: "192.0.2.3"))
        #expect(try store.lookUp(IPAddress("10.1.0.2")) == host)
        #expect(try store.lookUp(IPAddress("10.1.0.3")) == narrow)
        #expect(try store.lookUp(IPAddress("10.9.0.3")) == wide)
        #expect(try store.lookUp(IPAddress("11.0.0.1")) == nil)
        #expect(try store.lookUp(IPAddress("fd00::1")) == nil)
    }

    @Test func writingAgainReplaces() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        try store.write(entry("10.1.0.2/32", local: 7, isPeer: true))
        let moved = try entry("10.1.0.2/32", via: "192.0.2.2")
        try store.write(moved)
        #expect(try store.routes() == [moved, entry("192.0.2.2/32", .host, via: "192.0.2.2")])
    }

    @Test func deletingAnUnknownRouteSaysSo() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        try store.write(entry("10.1.0.0/24", via: "192.0.2.2"))
        let unknown = try Prefix("10.1.0.0/25")
        #expect(throws: DataplaneError.unknownRoute(unknown)) { try store.delete(unknown) }
        try store.delete(Prefix("10.1.0.0/24"))
        #expect(try store.routes() == [])
    }

    @Test func aNodeOfTheOtherFamilyIsRefused() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let mixed = try entry("10.1.0.0/24", via: "2001:db8::2")
        #expect(throws: DataplaneError.mixedFamilies(mixed.route)) { try store.write(mixed) }
        #expect(try store.routes() == [])
    }

    @Test func synchronisingMakesTheMapAsTheKernelSaysAndLeavesTheOperatorsRoutes() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let manual = try entry("10.9.0.0/24", via: "192.0.2.9", origin: .manual)
        let overridden = try entry("10.8.0.0/24", via: "192.0.2.9", origin: .manual)
        let (stays, changes, goes) = (
            try entry("10.1.0.2/32", local: 7, isPeer: true), try entry("10.2.0.0/24", via: "192.0.2.2"),
            try entry("10.3.0.0/24", via: "192.0.2.3")
        )
        for entry in [manual, overridden, stays, changes, goes] { try store.write(entry) }
        var named = stays.route
        named.place = .local(InterfaceReference(name: "pod0", index: 7))
        let moved = try entry("10.2.0.0/24", via: "192.0.2.4")
        let fresh = try entry("fd00:2::/64", via: "2001:db8::2")
        let desired = [
            DesiredRoute(route: named, isPeer: true), DesiredRoute(route: moved.route, isPeer: false),
            DesiredRoute(route: fresh.route, isPeer: false),
            DesiredRoute(route: try entry("10.8.0.0/24", via: "192.0.2.2").route, isPeer: false),
        ]
        let nodes = try ["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.9", "2001:db8::2"].map(node)
        let expected = RouteChanges(
            added: [nodes[2].route, nodes[4].route, fresh.route].sorted(), changed: [moved.route],
            removed: [goes.route, nodes[0].route, nodes[1].route], unchanged: 2)
        let before = try store.routes()
        #expect(try store.synchronize(with: kernel(desired), isDryRun: true) == expected)
        #expect(try store.routes() == before)
        #expect(try store.synchronize(with: kernel(desired)) == expected)
        #expect(
            try Set(store.routes()) == [manual, overridden, stays, moved, fresh, nodes[2], nodes[3], nodes[4]])
        #expect(try store.synchronize(with: kernel(desired)) == RouteChanges(unchanged: 6))
    }

    private func node(_ address: String) throws -> RouteEntry {
        try entry("\(Prefix(host: IPAddress(address)))", .host, via: address)
    }

    // MARK: nodes

    @Test func aNodeHasAnEntryAsLongAsARouteNamesIt() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let pods = try ["10.1.0.0/24", "10.2.0.0/24"].map { try entry($0, via: "192.0.2.2", origin: .manual) }
        for route in pods { try store.write(route) }
        #expect(try store.routes() == pods + [node("192.0.2.2")])
        #expect(try maps.flags(ofRouteTo: "192.0.2.2/32") == ROUTE_NODE.rawValue)
        try store.delete(pods[0].route.prefix)
        #expect(try store.routes() == [pods[1], node("192.0.2.2")])
        let prefix = try Prefix("192.0.2.2/32")
        #expect(throws: DataplaneError.derivedRoute(prefix)) { try store.delete(prefix) }
        try store.delete(pods[1].route.prefix)
        #expect(try store.routes() == [])
    }

    @Test func anOperatorsNodeStaysUntilItIsDeleted() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let manual = try entry("192.0.2.2/32", .host, via: "192.0.2.2", origin: .manual)
        try store.write(manual)
        #expect(try maps.flags(ofRouteTo: "192.0.2.2/32") == ROUTE_NODE.rawValue | ROUTE_MANUAL.rawValue)
        let pods = try entry("10.2.0.0/24", via: "192.0.2.2", origin: .manual)
        try store.write(pods)
        try store.synchronize(with: kernel())
        #expect(try store.routes() == [pods, manual])
        try store.delete(manual.route.prefix)
        #expect(try store.routes() == [pods, node("192.0.2.2")])
    }

    @Test func anAddressOfThisNodeIsNoOtherNode() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let own = try entry("192.0.2.1/32", .host, local: 3)
        let pods = try ["10.1.0.0/24": "192.0.2.1", "10.2.0.0/24": "10.5.0.9"].map { try entry($0, via: $1) }
        let local = try entry("10.5.0.0/24", local: 7)
        for route in [own, local] + pods { try store.write(route) }
        #expect(try Set(store.routes()) == Set([own, local] + pods))
        #expect(try maps.flags(ofRouteTo: "192.0.2.1/32") == ROUTE_LOCAL.rawValue)
    }

    @Test func theKernelsRouteToANodeOnTheLinkBecomesTheNodes() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let onLink = try entry("192.0.2.2/32", .host, via: "0.0.0.0")
        let pods = try entry("10.2.0.0/24", via: "192.0.2.2")
        let desired = [onLink, pods].map { DesiredRoute(route: $0.route, isPeer: false) }
        try store.synchronize(with: kernel(desired))
        #expect(try store.routes() == [pods, node("192.0.2.2")])
        #expect(try store.synchronize(with: kernel(desired)) == RouteChanges(unchanged: 2))
    }

    // MARK: Node objects

    @Test func nodesOfObjectsComeAndGoWithThem() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let own = DesiredRoute(route: try entry("192.0.2.1/32", .host, local: 3).route, isPeer: false)
        let manual = try entry("10.244.9.0/24", via: "192.0.2.9", origin: .manual)
        try store.synchronize(with: kernel([own]))
        try store.write(manual)
        let before = Set(try store.routes())
        let two = try [
            entry("192.0.2.2/32", .host, via: "192.0.2.2", origin: .cluster),
            entry("10.244.2.0/24", via: "192.0.2.2", origin: .cluster),
            entry("192.0.2.3/32", .host, via: "192.0.2.3", origin: .cluster),
            entry("10.244.3.0/24", via: "192.0.2.3", origin: .cluster),
        ]
        let over = try entry("10.244.9.0/24", via: "192.0.2.3", origin: .cluster)
        func apply(_ entries: [RouteEntry], here: [String] = [], pruning: Bool = false) throws -> RouteChanges {
            try store.synchronize(
                withNodes: entries.map(\.route), here: Set(here.map { try Prefix($0) }), pruning: pruning,
                kernel: kernel([own]))
        }
        #expect(try apply(two + [over]).added == two.map(\.route).sorted())
        #expect(try Set(store.routes()) == before.union(two))
        #expect(try apply(two + [over]) == RouteChanges(unchanged: 6))
        // What the kernel says anew leaves them alone.
        #expect(try store.synchronize(with: kernel([own])) == RouteChanges(unchanged: 6))

        // A part of the nodes says nothing of the others.
        #expect(try apply(Array(two.prefix(2))) == RouteChanges(unchanged: 6))
        #expect(try apply(Array(two.prefix(2)), pruning: true).removed == two.suffix(2).map(\.route).sorted())
        #expect(try Set(store.routes()) == before.union(two.prefix(2)))
        // Its pods are here now.
        #expect(try apply([], here: ["10.244.2.0/24"]).removed == [two[1].route])
        #expect(try apply([], pruning: true).removed == [two[0].route])
        #expect(try Set(store.routes()) == before)
    }

    @Test func anObjectThatContradictsTheNodesOwnAddressIsNotBelieved() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let stale = try entry("192.0.2.1/32", .host, via: "192.0.2.1", origin: .cluster)
        try store.write(stale)
        let own = DesiredRoute(route: try entry("192.0.2.1/32", .host, local: 3).route, isPeer: false)
        #expect(try store.synchronize(with: kernel([own])).changed == [own.route])
        let changes = try store.synchronize(
            withNodes: [stale.route], here: [], pruning: false, kernel: kernel([own]))
        #expect(changes == RouteChanges(unchanged: 1))
    }

    @Test func aGatewayThatIsNoNodeGoesWithWhatIsBehindItWhenTheNodesAreKnown() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let corporate = try entry("172.16.0.0/12", via: "192.0.2.253")
        let (pods, named) = (try entry("10.244.2.0/26", via: "192.0.2.2"), try entry("10.9.0.0/16", via: "192.0.2.9"))
        let kernel = try kernel([corporate, pods, named].map { DesiredRoute(route: $0.route, isPeer: false) })
        try store.synchronize(with: kernel)
        let gateways = try ["192.0.2.2", "192.0.2.253", "192.0.2.9"].map(node)
        #expect(try store.routes() == ([corporate, pods, named] + gateways).sorted { $0.route < $1.route })
        // An operator has named this one.
        let manual = try entry("192.0.2.9/32", .host, via: "192.0.2.9", origin: .manual)
        try store.write(manual)

        let object = try entry("192.0.2.2/32", .host, via: "192.0.2.2", origin: .cluster)
        func apply(_ nodes: [RouteEntry]) throws -> RouteChanges {
            try store.synchronize(withNodes: nodes.map(\.route), here: [], pruning: true, kernel: kernel)
        }
        #expect(try apply([object]).removed == [corporate.route, node("192.0.2.253").route])
        #expect(try store.routes() == [named, pods, object, manual].sorted { $0.route < $1.route })
        #expect(try store.synchronize(with: kernel) == RouteChanges(unchanged: 3))
        // Without objects the kernel's word is all there is.
        #expect(try apply([]).added == [corporate.route, node("192.0.2.253").route])
    }

    @Test func podsBehindAnotherProductsDeviceAreReachedThroughTheHostStack() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let routed = try entry("10.244.2.0/24", via: "192.0.2.2", origin: .cluster)
        var tunnelled = try entry("10.244.3.0/24", via: "192.0.2.2", origin: .manual)
        tunnelled.goesThroughStack = true
        for route in [routed, tunnelled] { try store.write(route) }
        #expect(
            try maps.flags(ofRouteTo: "10.244.3.0/24")
                == ROUTE_WORKLOAD.rawValue | ROUTE_MANUAL.rawValue | ROUTE_STACK.rawValue)
        #expect(try store.synchronize(with: kernel(around: ["10.244.3.0/25", "10.244.3.0/24"])).changed == [])
        #expect(try store.routes() == [routed, tunnelled, node("192.0.2.2")])
        // The kernel has changed its mind about both.
        let changes = try store.synchronize(with: kernel(around: ["10.244.2.0/24"]))
        #expect(changes.changed == [routed.route, tunnelled.route])
        #expect(try maps.flags(ofRouteTo: "10.244.3.0/24") == ROUTE_WORKLOAD.rawValue | ROUTE_MANUAL.rawValue)
        #expect(try store.lookUp(IPAddress("10.244.2.1"))?.goesThroughStack == true)
        // What the kernel's own table says is no better than what others say.
        let desired = [DesiredRoute(route: routed.route, isPeer: false)]
        let others = try PinnedMaps()
        let own = try RouteStore(in: others.directory)
        try own.synchronize(with: kernel(desired, around: ["10.244.2.64/26"]))
        #expect(try own.lookUp(IPAddress("10.244.2.1"))?.goesThroughStack == true)
        // No way at all: the host stack says so to the pod.
        try store.synchronize(with: KernelRoutes(desired: [], leavesByUplink: [:]))
        #expect(try store.lookUp(IPAddress("10.244.3.1"))?.goesThroughStack == true)
    }

    // MARK: clients without direct server return

    @Test func aPrefixWithoutDSRMeansOtherwiseWhatTheWiderOneMeans() throws {
        let maps = try PinnedMaps()
        let noDSR = try ["10.2.4.0/24", "203.0.113.0/24", "10.2.0.0/22", "fd00::/8"].map { try Prefix($0) }
        let store = try RouteStore(in: maps.directory, noDSR: noDSR)
        let wide = try entry("10.2.0.0/16", via: "192.0.2.2")
        let inside = try entry("10.2.1.0/24", local: 7, isPeer: true)
        let desired = [wide, inside].map { DesiredRoute(route: $0.route, isPeer: $0.isPeer) }
        try store.synchronize(with: kernel(desired))
        let expected = [
            wide, try entry("10.2.0.0/22", via: "192.0.2.2", noDSR: true),
            try entry("10.2.1.0/24", local: 7, noDSR: true, isPeer: true),
            try entry("10.2.4.0/24", via: "192.0.2.2", noDSR: true), try node("192.0.2.2"),
            try entry("203.0.113.0/24", .host, via: "0.0.0.0", noDSR: true),
            try entry("fd00::/8", .host, via: "::", noDSR: true),
        ]
        #expect(try store.routes() == expected)
        #expect(try maps.flags(ofRouteTo: "203.0.113.0/24") == ROUTE_NO_DSR.rawValue)
        #expect(try store.synchronize(with: kernel(desired)) == RouteChanges(unchanged: expected.count))
    }

    @Test func aRouteOfAnOperatorMovesThePrefixesWithoutDSRInIt() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory, noDSR: [Prefix("10.2.4.0/24")])
        try store.synchronize(with: kernel())
        #expect(try store.routes() == [entry("10.2.4.0/24", .host, via: "0.0.0.0", noDSR: true)])
        let wide = try entry("10.2.0.0/16", via: "192.0.2.2", origin: .manual)
        try store.write(wide)
        #expect(
            try store.routes() == [wide, entry("10.2.4.0/24", via: "192.0.2.2", noDSR: true), node("192.0.2.2")])
        try store.delete(wide.route.prefix)
        #expect(try store.routes() == [entry("10.2.4.0/24", .host, via: "0.0.0.0", noDSR: true)])
    }

    @Test func otherPrefixesWithoutDSRTakeThePlaceOfTheOldOnes() throws {
        let maps = try PinnedMaps()
        let manual = try entry("10.2.0.0/16", via: "192.0.2.2", origin: .manual)
        let first = try RouteStore(in: maps.directory, noDSR: [Prefix("10.0.0.0/8")])
        try first.write(manual)
        #expect(try first.lookUp(IPAddress("10.2.0.1"))?.route.noDSR == true)
        let second = try RouteStore(in: maps.directory, noDSR: [Prefix("10.3.0.0/16")])
        try second.synchronize(with: kernel())
        #expect(
            try second.routes() == [
                manual, entry("10.3.0.0/16", .host, via: "0.0.0.0", noDSR: true), node("192.0.2.2"),
            ])
    }

    @Test func anOperatorsPrefixWithoutDSRMarksWhatLiesInItAsLongAsItIsThere() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let pod = try entry("10.2.1.2/32", local: 7, isPeer: true)
        let desired = [DesiredRoute(route: pod.route, isPeer: true)]
        try store.synchronize(with: kernel(desired))
        var manual = try entry("10.2.0.0/16", via: "192.0.2.2", origin: .manual)
        manual.asksNoDSR = true
        try store.write(manual)
        manual.route.noDSR = true
        let marked = try entry("10.2.1.2/32", local: 7, noDSR: true, isPeer: true)
        #expect(try store.routes() == [manual, marked, node("192.0.2.2")])
        try store.synchronize(with: kernel(desired))
        #expect(try store.routes() == [manual, marked, node("192.0.2.2")])
        try store.delete(manual.route.prefix)
        #expect(try store.routes() == [pod])
    }
}

extension PinnedMaps {
    /// As the programs read them.
    fileprivate func flags(ofRouteTo text: String) throws -> UInt32? {
        let prefix = try Prefix(text)
        var key = route_key_v4()
        key.prefix_length = UInt32(prefix.length)
        key.addr = try #require(addr_v4(prefix.address))
        return try Map<route_key_v4, route_v4>(pinned: directory.map(.routes(.v4))).lookUp(key)?.flags
    }
}
