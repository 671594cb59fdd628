// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ServiceStoreSettingsTests {
    private func address(_ text: String) throws -> FrontendAddress { try FrontendAddress(text) }

    private func allSet(_ frontends: [String], _ backends: [String] = ["10.1.0.2:8080"]) throws -> Service {
        var service = try Service("default/web", of: frontends, backends)
        service.affinity = .seconds(10_800)
        service.externalPolicy = .local
        service.internalPolicy = .local
        service.algorithm = .maglev
        service.sourceRanges = try ["10.0.0.0/8", "192.0.2.7/32", "fd00::/8"].map { try Prefix($0) }
        return service
    }

    /// Neither a cluster IP nor a node port alone says everything, and a service without backends has no slots either.
    @Test(arguments: [
        (["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]), (["30080/tcp"], ["10.1.0.2:8080"]), (["30080/tcp"], []),
        (["10.96.0.10:80/tcp", "balancer [2001:db8::6]:80/tcp"], ["10.1.0.2:8080", "[fd00:1::2]:8080"]),
    ])
    func settingsAreReadBackWhicheverFrontendsThereAre(frontends: [String], backends: [String]) throws {
        let maps = try PinnedMaps(sizes: ["slots": 16_384])
        let web = try allSet(frontends, backends)
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.apply(web).entries.map(\.action) == [.unchanged])
        let plain = try Service("default/web", of: frontends, backends)
        #expect(try maps.apply(plain).entries.map(\.changes.settings) == [ServiceChanges.Setting.allCases])
        #expect(try maps.services() == [plain])
    }

    @Test func aSettingThatLeavesTheBackendsAloneKeepsTheirSlots() throws {
        let maps = try PinnedMaps()
        var web = try Service("default/web", of: ["10.96.0.10:80/tcp", "30080/tcp"], ["10.1.0.2:8080"])
        try maps.apply(web)
        let slots = try maps.frontends().mapValues(\.slots)
        let content = try maps.content(of: .slots(.v4))
        web.affinity = .seconds(60)
        web.internalPolicy = .local
        web.sourceRanges = [try Prefix("10.0.0.0/8")]
        try maps.apply(web)
        #expect(try maps.frontends().mapValues(\.slots) == slots)
        #expect(try maps.content(of: .slots(.v4)) == content)
    }

    @Test func sourceRangesAreKeyedByTheServicesNumberAndThePrefix() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/other", of: ["10.96.0.9:80/tcp"], ["10.1.0.2:8080"]))
        var web = try Service("default/web", of: ["balancer 192.0.2.6:80/tcp"], ["10.1.0.2:8080"])
        web.sourceRanges = try ["0.0.0.0/0", "10.0.0.0/8", "192.0.2.7/32", "fd00::/8"].map { try Prefix($0) }
        try maps.apply(web)
        #expect(try maps.sourceRanges() == ["1 32 0.0.0.0", "1 40 10.0.0.0", "1 64 192.0.2.7", "1 40 fd00::"])
        #expect(try maps.services().last == web)
    }

    @Test func sourceRangesComeAndGoWithTheirService() throws {
        let maps = try PinnedMaps()
        var web = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080"])
        var dns = try Service("default/dns", of: ["30053/udp"], ["10.1.0.3:53"])
        dns.sourceRanges = [try Prefix("10.0.0.0/8")]
        web.sourceRanges = try ["10.0.0.0/8", "192.0.2.0/24"].map { try Prefix($0) }
        try maps.apply(dns, web)
        web.sourceRanges = try ["198.51.100.0/24", "192.0.2.0/24"].map { try Prefix($0) }
        try maps.apply(web)
        #expect(try maps.sourceRanges() == ["0 40 10.0.0.0", "1 56 192.0.2.0", "1 56 198.51.100.0"])
        web.sourceRanges = []
        try maps.apply(web)
        #expect(try maps.sourceRanges() == ["0 40 10.0.0.0"])
        #expect(try maps.frontends()[address("0.0.0.0:30080/tcp")]?.flags == FRONTEND_NODE_PORT.rawValue)
        try maps.apply(web, pruning: true)
        #expect(try maps.sourceRanges() == [])
    }

    @Test func sourceRangesNeedRoomToo() throws {
        let maps = try PinnedMaps(sizes: ["source_ranges": 2])
        var web = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080"])
        web.sourceRanges = [try Prefix("10.0.0.0/8")]
        try maps.apply(web)
        let before = try maps.everything()
        web.sourceRanges = try ["192.0.2.0/25", "192.0.2.128/25"].map { try Prefix($0) }
        #expect(throws: DataplaneError.mapFull(map: "source_ranges_v4", needed: 2, free: 1)) { try maps.apply(web) }
        #expect(try maps.everything() == before)
    }

    @Test func aMaglevServiceHasATableOfAllBackendsAndOneOfTheLocalOnesBehindIt() throws {
        let maps = try PinnedMaps(sizes: ["slots": 16_384])
        var web = try Service(
            "default/web", of: ["10.96.0.10:80/tcp"], ["10.1.0.2:8080,local", "10.1.0.3:8080", "10.1.0.4:8080"])
        web.algorithm = .maglev
        try maps.apply(web)
        #expect(try maps.services() == [web])
        let entry = try #require(try maps.frontends()[address("10.96.0.10:80/tcp")])
        #expect(entry.slots.count == 2039)
        #expect(entry.localCount == 2039)
        let plan = SlotPlan(backends: web.backends, family: .v4, algorithm: .maglev)
        #expect(try maps.backends(in: entry.table, .v4) == plan.slots.map { plan.backends[$0].endpoint })
        let local = entry.slots.upperBound..<entry.table.upperBound
        #expect(try Set(maps.backends(in: local, .v4)) == [Endpoint("10.1.0.2:8080")])
        web.algorithm = .random
        try maps.apply(web)
        #expect(try maps.frontends()[address("10.96.0.10:80/tcp")]?.slots.count == 3)
        #expect(try maps.services() == [web])
    }

    @Test func aDrainingBackendHasNoSlotAndIsActiveAgainWhenItIsSaidSo() throws {
        let maps = try PinnedMaps(sizes: ["slots": 16_384])
        for algorithm in BalancingAlgorithm.allCases {
            var web = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080", "10.1.0.3:8080"])
            web.algorithm = algorithm
            web.backends[0].state = .draining
            try maps.apply(web)
            #expect(try maps.services() == [web])
            #expect(try Set(maps.slots(of: address("0.0.0.0:30080/tcp"))) == [Endpoint("10.1.0.3:8080")])
            web.backends[0].state = .active
            try maps.apply(web)
            #expect(try Set(maps.slots(of: address("0.0.0.0:30080/tcp"))) == Set(web.backends.map(\.endpoint)))
        }
    }

    /// The node port's entry changes although the node port does not.
    @Test func theRestrictionOfOtherAddressesGoesWhenALoadBalancerComes() throws {
        let maps = try PinnedMaps()
        var web = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080"])
        web.sourceRanges = [try Prefix("198.51.100.0/24")]
        func isRestricted(_ text: String) throws -> Bool? {
            try maps.frontends()[address(text)].map { $0.flags & FRONTEND_SOURCE_RANGES.rawValue != 0 }
        }
        try maps.apply(web)
        #expect(try isRestricted("0.0.0.0:30080/tcp") == true)
        web.frontends.append(.loadBalancer(try FrontendAddress("203.0.113.9:80/tcp")))
        try maps.apply(web)
        #expect(try isRestricted("0.0.0.0:30080/tcp") == false)
        #expect(try isRestricted("203.0.113.9:80/tcp") == true)
        #expect(try maps.services() == [web.canonical()])
    }

    /// A command that was killed between the record and the frontends leaves the old frontends behind.
    @Test func aServiceThatWasHalfWrittenIsWrittenAgain() throws {
        let maps = try PinnedMaps()
        let old = try Service("default/web", of: ["10.96.0.10:80/tcp"], ["10.1.0.2:8080", "10.1.0.3:8080"])
        try maps.apply(old)
        let map = try Map<frontend_key_v4, frontend_v4>(pinned: maps.directory.map(.frontends(.v4)))
        let stale = try #require(try map.entries().first)
        var new = try Service("default/web", of: ["10.96.0.10:80/tcp"], ["10.1.0.4:8080"])
        new.affinity = .seconds(60)
        try maps.apply(new)
        let whole = try maps.everything()
        try map.update(stale.key, stale.value)
        #expect(try maps.services() == [new])
        let mended = try maps.apply(new)
        #expect(mended.entries.map(\.action) == [.configured])
        #expect(mended.entries.map(\.changes.isEmpty) == [true])
        #expect(try maps.everything() == whole)
        #expect(try maps.apply(new).entries.map(\.action) == [.unchanged])
    }

    /// The slots that a stale frontend leads to are not handed out to another service.
    @Test func theTableOfAStaleMaglevFrontendStaysReserved() throws {
        let maps = try PinnedMaps(sizes: ["slots": 8192])
        var web = try Service("default/web", of: ["10.96.0.10:80/tcp"], ["10.1.0.2:8080,local"])
        web.algorithm = .maglev
        try maps.apply(web)
        let map = try Map<frontend_key_v4, frontend_v4>(pinned: maps.directory.map(.frontends(.v4)))
        let stale = try #require(try map.entries().first)
        let table = FrontendEntry(abi: stale.value).table
        #expect(table.count == 2 * 2039)
        web.algorithm = .random
        try maps.apply(web)
        try map.update(stale.key, stale.value)
        let store = try ServiceStore(in: maps.directory)
        #expect(store.v4.allocator.freeCount == 8192 - table.count - 2)
    }
}
