// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ServiceStoreTests {
    private func address(_ text: String) throws -> FrontendAddress { try FrontendAddress(text) }

    @Test func aNewServiceIsReadBackAsItWasWritten() throws {
        let maps = try PinnedMaps()
        let web = try Service(
            "default/web:http", ["10.96.0.10:80/tcp", "10.96.0.10:80/udp"],
            ["10.1.0.2:8080,local", "10.1.0.3:8080,weight=3"])
        let difference = try maps.apply(web)
        #expect(difference.entries.map(\.action) == [.created])
        #expect(try maps.services() == [web])
        #expect(try maps.identifier(of: web.name) == 0)
        let expected = try ["10.1.0.2:8080", "10.1.0.3:8080", "10.1.0.3:8080", "10.1.0.3:8080"].map { try Endpoint($0) }
        #expect(try maps.slots(of: address("10.96.0.10:80/tcp")) == expected)
        #expect(try maps.slots(of: address("10.96.0.10:80/udp")) == expected)
        #expect(try maps.frontends()[address("10.96.0.10:80/tcp")]?.localCount == 1)
    }

    @Test func servicesAreListedByName() throws {
        let maps = try PinnedMaps()
        let services = try ["b/x", "a/y", "a/x"].enumerated().map { number, name in
            try Service(name, ["10.96.0.\(number + 1):80/tcp"], ["10.1.0.\(number + 1):80"])
        }
        for service in services { try maps.apply(service) }
        #expect(try maps.services().map(\.name.text) == ["a/x", "a/y", "b/x"])
        #expect(try maps.identifier(of: services[2].name) == 2)
    }

    @Test func anUnchangedServiceWritesNothing() throws {
        let maps = try PinnedMaps()
        let web = try Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080", "10.1.0.3:8080"])
        try maps.apply(web)
        let before = try maps.everything()
        var same = web
        same.backends.reverse()
        #expect(try maps.apply(same).entries.map(\.action) == [.unchanged])
        #expect(try maps.everything() == before)
    }

    /// A packet that reads the frontend just before the change must find its old slots as they were.
    @Test func aChangeOfBackendsMovesTheFrontendToFreshSlots() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080", "10.1.0.3:8080"]))
        let old = try #require(try maps.frontends()[address("10.96.0.10:80/tcp")])
        let oldSlots = try maps.content(of: .slots(.v4))
        let difference = try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.4:8080"]))
        #expect(difference.entries.map(\.action) == [.configured])
        let new = try #require(try maps.frontends()[address("10.96.0.10:80/tcp")])
        #expect(new.serviceID == old.serviceID)
        #expect(!new.slots.overlaps(old.slots))
        let slots = try maps.content(of: .slots(.v4))
        for index in old.slots {
            let key = unsafe withUnsafeBytes(of: UInt32(index)) { unsafe [UInt8]($0) }
            #expect(slots[key] == oldSlots[key])
        }
    }

    /// Unless its backends change a frontend keeps its slots, and the other frontends are not written at all.
    @Test func aNewFrontendLeavesTheOthersAsTheyAre() throws {
        let maps = try PinnedMaps()
        let backends = ["10.1.0.2:8080", "10.1.0.3:8080"]
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], backends))
        let before = try maps.frontends()
        let slots = try maps.content(of: .slots(.v4))
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp", "10.96.0.11:80/tcp"], backends))
        let after = try maps.frontends()
        #expect(after.count == 2)
        #expect(try after[address("10.96.0.10:80/tcp")] == before[address("10.96.0.10:80/tcp")])
        #expect(try after[address("10.96.0.11:80/tcp")] == before[address("10.96.0.10:80/tcp")])
        #expect(try maps.content(of: .slots(.v4)) == slots)
    }

    @Test func aFrontendThatIsNoLongerWantedGoes() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp", "10.96.0.11:80/tcp"], ["10.1.0.2:8080"]))
        try maps.apply(Service("default/web", ["10.96.0.11:80/tcp"], ["10.1.0.2:8080"]))
        #expect(try Array(maps.frontends().keys) == [address("10.96.0.11:80/tcp")])
    }

    /// Far more slots are handed out than there are: every run was given back.
    @Test func slotsOfFormerBackendsAreUsedAgain() throws {
        let maps = try PinnedMaps(sizes: ["slots": 16])
        for number in 0..<100 {
            let backends = (0..<3).map { "10.1.\(number).\($0 + 1):8080" }
            let web = try Service("default/web", ["10.96.0.10:80/tcp"], backends)
            try maps.apply(web)
            #expect(try maps.services() == [web])
        }
    }

    @Test func deletingLeavesNothingOfTheServiceBehind() throws {
        let maps = try PinnedMaps()
        let web = try Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        let dns = try Service("kube-system/dns", ["10.96.0.53:53/udp"], ["10.1.0.9:53"])
        try maps.apply(web, dns)
        let difference = try maps.apply(dns, pruning: true)
        #expect(difference.entries.map(\.action) == [.deleted, .unchanged])
        #expect(try maps.services() == [dns])
        #expect(try Array(maps.frontends().keys) == [address("10.96.0.53:53/udp")])
        #expect(try maps.content(of: .serviceNames).count == 1)
        try maps.apply(web)
        #expect(try maps.identifier(of: web.name) == 2)
        #expect(try maps.identifier(of: dns.name) == 1)
    }

    @Test func theBackendsThatWereLostAreNamed() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080", "10.1.0.3:8080"]))
        try maps.apply(Service("default/old", ["10.96.0.11:80/tcp"], ["10.1.0.4:8080"]))
        var store = try ServiceStore(in: maps.directory)
        let wanted = try Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.3:8080", "10.1.0.5:8080"])
        let difference = try store.difference(to: [wanted], pruning: true)
        let lost = try store.apply(difference)
        #expect(lost == [0: [try Endpoint("10.1.0.2:8080")], 1: [try Endpoint("10.1.0.4:8080")]])
    }

    @Test func aFrontendOfAnotherServiceIsRefusedAndNothingIsWritten() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        let before = try maps.everything()
        let thief = try Service("default/thief", ["10.96.0.9:80/tcp", "10.96.0.10:80/tcp"], ["10.1.0.3:8080"])
        let taken = DataplaneError.frontendTaken(
            .clusterIP(try address("10.96.0.10:80/tcp")), by: try ServiceName("default/web"))
        #expect(throws: taken) { try maps.apply(thief) }
        #expect(try maps.everything() == before)
    }

    @Test func twoServicesOfOneChangeCannotClaimTheSameFrontend() throws {
        let maps = try PinnedMaps()
        let first = try Service("default/a", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        let second = try Service("default/b", ["10.96.0.10:80/tcp"], ["10.1.0.3:8080"])
        let taken = DataplaneError.frontendTaken(.clusterIP(try address("10.96.0.10:80/tcp")), by: first.name)
        #expect(throws: taken) { try maps.apply(first, second) }
        #expect(try maps.services() == [])
    }

    @Test func aFrontendMovesFromOneServiceToAnotherInOneChange() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/a", ["10.96.0.10:80/tcp", "10.96.0.11:80/tcp"], ["10.1.0.2:8080"]))
        let first = try Service("default/a", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        let second = try Service("default/b", ["10.96.0.11:80/tcp"], ["10.1.0.3:8080"])
        try maps.apply(first, second)
        #expect(try maps.services() == [first, second])
        #expect(try maps.slots(of: address("10.96.0.11:80/tcp")) == [Endpoint("10.1.0.3:8080")])
    }

    @Test func aFrontendPassesFromADeletedServiceToItsSuccessor() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/a", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        let successor = try Service("default/b", ["10.96.0.10:80/tcp"], ["10.1.0.3:8080"])
        try maps.apply(successor, pruning: true)
        #expect(try maps.services() == [successor])
    }

    @Test(arguments: [
        (["frontends": UInt32(2)], "frontends_v4", 3, 2), (["slots": 3], "slots_v4", 4, 3),
    ])
    func aServiceThatDoesNotFitIsRefusedAndNothingIsWritten(
        sizes: [String: UInt32], map: String, needed: Int, free: Int
    ) throws {
        let maps = try PinnedMaps(sizes: sizes)
        let before = try maps.everything()
        let web = try Service(
            "default/web", ["10.96.0.10:80/tcp", "10.96.0.11:80/tcp", "10.96.0.12:80/tcp"],
            ["10.1.0.2:8080", "10.1.0.3:8080"])
        #expect(throws: DataplaneError.mapFull(map: map, needed: needed, free: free)) { try maps.apply(web) }
        #expect(try maps.everything() == before)
    }

    @Test func aDrainingBackendIsListedButHasNoSlot() throws {
        let maps = try PinnedMaps()
        let web = try Service(
            "default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"], draining: ["10.1.0.3:8080"])
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.slots(of: address("10.96.0.10:80/tcp")) == [Endpoint("10.1.0.2:8080")])
        #expect(try maps.apply(web).entries.map(\.action) == [.unchanged])
    }

    @Test func aServiceWithoutBackendsHasAFrontendWithoutSlots() throws {
        let maps = try PinnedMaps()
        let web = try Service("default/web", ["10.96.0.10:80/tcp"], [])
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.frontends()[address("10.96.0.10:80/tcp")]?.slots.isEmpty == true)
        let served = try Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        try maps.apply(served)
        #expect(try maps.services() == [served])
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.frontends()[address("10.96.0.10:80/tcp")]?.slots.isEmpty == true)
    }

    @Test func aDualStackServiceHasSlotsInBothFamilies() throws {
        let maps = try PinnedMaps()
        let web = try Service(
            "default/web", ["10.96.0.10:80/tcp", "[fd00:96::a]:80/tcp"],
            ["10.1.0.2:8080", "[fd00:1::2]:8080", "[fd00:1::3]:8080"])
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.slots(of: address("10.96.0.10:80/tcp")) == [Endpoint("10.1.0.2:8080")])
        #expect(
            try maps.slots(of: address("[fd00:96::a]:80/tcp"))
                == [Endpoint("[fd00:1::2]:8080"), Endpoint("[fd00:1::3]:8080")])
        let before = try maps.content(of: .slots(.v4))
        let fewer = try Service(
            "default/web", ["10.96.0.10:80/tcp", "[fd00:96::a]:80/tcp"], ["10.1.0.2:8080", "[fd00:1::3]:8080"])
        try maps.apply(fewer)
        #expect(try maps.services() == [fewer])
        #expect(try maps.content(of: .slots(.v4)) == before)
    }

    @Test func moreServicesThanOneReadGoThroughTheWholeTable() throws {
        let maps = try PinnedMaps(sizes: ["frontends": 512, "slots": 2048])
        let services = try (0..<300).map { number in
            try Service(
                "default/s\(number)", ["10.96.\(number / 250).\(number % 250 + 1):80/tcp"],
                ["10.1.0.2:8080", "10.1.0.3:\(1000 + number)"])
        }
        var store = try ServiceStore(in: maps.directory)
        let difference = try store.difference(to: services, pruning: true)
        try store.apply(difference)
        #expect(try maps.services() == services.sorted { $0.name < $1.name })
        #expect(try store.difference(to: services, pruning: true).isEmpty)
    }
}
