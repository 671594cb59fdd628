// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import TestSupport
import Testing
import Topology

@testable import Dataplane

@Suite(.needsKernel) struct RouteStoreTests {
    private func entry(
        _ prefix: String, _ role: Route.Role = .workload, local index: UInt32? = nil, via node: String? = nil,
        noDSR: Bool = false, isManual: Bool = false, isPeer: Bool = false
    ) throws -> RouteEntry {
        let place: Route.Place =
            if let node { .remote(via: try IPAddress(node)) } else {
                .local(InterfaceReference(name: nil, index: index ?? 0))
            }
        return RouteEntry(
            route: Route(prefix: try Prefix(prefix), role: role, place: place, noDSR: noDSR), isManual: isManual,
            isPeer: isPeer)
    }

    @Test func everyPropertyIsReadBack() throws {
        let maps = try PinnedMaps()
        let store = try RouteStore(in: maps.directory)
        let entries = [
            try entry("10.1.0.2/32", local: 7, isPeer: true), try entry("10.2.0.0/24", via: "192.0.2.2"),
            try entry("192.0.2.1/32", .host, local: 3),
            try entry("198.51.100.0/24", .host, via: "192.0.2.9", noDSR: true),
            try entry("0.0.0.0/0", .host, via: "192.0.2.254", isManual: true),
            try entry("fd00:2::/64", via: "2001:db8::2"), try entry("fd00:1::2/128", local: 7, isPeer: true),
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
        #expect(try store.routes() == [moved])
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
        let manual = try entry("10.9.0.0/24", via: "192.0.2.9", isManual: true)
        let overridden = try entry("10.8.0.0/24", via: "192.0.2.9", isManual: true)
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
        let expected = RouteChanges(
            added: [fresh.route], changed: [moved.route], removed: [goes.route], unchanged: 2)
        let before = try store.routes()
        #expect(try store.synchronize(with: desired, isDryRun: true) == expected)
        #expect(try store.routes() == before)
        #expect(try store.synchronize(with: desired) == expected)
        #expect(try Set(store.routes()) == [manual, overridden, stays, moved, fresh])
        #expect(try store.synchronize(with: desired) == RouteChanges(unchanged: 4))
    }
}
