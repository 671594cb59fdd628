// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

extension Frontend {
    /// `10.96.0.10:80/tcp`, `external 192.0.2.5:80/tcp`, `balancer 192.0.2.6:80/tcp` or `30080/tcp`.
    init(words: String) throws {
        let parts = words.split(separator: " ").map(String.init)
        self =
            switch parts.first {
            case "external": .externalIP(try FrontendAddress(parts[1]))
            case "balancer": .loadBalancer(try FrontendAddress(parts[1]))
            case _ where !words.contains(":"): .nodePort(try NodePort(words))
            default: .clusterIP(try FrontendAddress(words))
            }
    }
}

extension Service {
    /// A service with frontends of every kind.
    init(_ name: String, of frontends: [String], _ backends: [String] = []) throws {
        try self.init(name, [], backends)
        self.frontends = try frontends.map { try Frontend(words: $0) }
    }
}

@Suite(.needsKernel) struct ServiceStoreFrontendTests {
    private func address(_ text: String) throws -> FrontendAddress { try FrontendAddress(text) }

    @Test func frontendsOfEveryKindAreReadBackAsTheyWereWritten() throws {
        let maps = try PinnedMaps()
        let web = try Service(
            "default/web",
            of: [
                "10.96.0.10:80/tcp", "[fd00:96::a]:80/tcp", "external 192.0.2.5:80/tcp",
                "external [2001:db8::5]:80/tcp", "balancer 192.0.2.6:80/tcp", "balancer [2001:db8::6]:80/tcp",
                "30080/tcp", "30080/udp",
            ], ["10.1.0.2:8080", "[fd00:1::2]:8080"])
        try maps.apply(web)
        #expect(try maps.services() == [web])
        #expect(try maps.apply(web).entries.map(\.action) == [.unchanged])
        for (address, entry) in try maps.frontends() { #expect(entry.slots.count == 1, "\(address)") }
    }

    @Test(arguments: [
        ("10.96.0.10:80/tcp", FRONTEND_CLUSTER_IP), ("external 192.0.2.5:80/tcp", FRONTEND_EXTERNAL),
        ("balancer 192.0.2.6:80/tcp", FRONTEND_LOAD_BALANCER), ("30080/tcp", FRONTEND_NODE_PORT),
    ])
    func theFlagsOfAFrontendAreItsKindAndTheSettingsThatConcernIt(words: String, kind: frontend_flag) throws {
        let maps = try PinnedMaps(sizes: ["slots": 8192])
        let name = "default/web"
        var web = try Service(name, of: [words], ["10.1.0.2:8080"])
        func flags() throws -> UInt32? {
            try maps.apply(web)
            return try maps.frontends().values.first?.flags
        }
        #expect(try flags() == kind.rawValue)
        web.affinity = .seconds(600)
        #expect(try flags() == kind.rawValue | FRONTEND_AFFINITY.rawValue)
        #expect(try maps.frontends().values.map(\.affinitySeconds) == [600])
        web.affinity = nil
        web.algorithm = .maglev
        #expect(try flags() == kind.rawValue | FRONTEND_MAGLEV.rawValue)
        web.algorithm = .random
        web.externalPolicy = .local
        web.internalPolicy = .local
        web.sourceRanges = [try Prefix("192.0.2.0/24")]
        let outside = FRONTEND_EXTERNAL_LOCAL.rawValue | FRONTEND_SOURCE_RANGES.rawValue
        #expect(
            try flags() == kind.rawValue | (kind == FRONTEND_CLUSTER_IP ? FRONTEND_INTERNAL_LOCAL.rawValue : outside))
        #expect(try maps.services() == [web])
    }

    @Test func aNodePortHasAnEntryInEachFamilyThatHasBackends() throws {
        let maps = try PinnedMaps()
        let both = ["10.1.0.2:8080", "[fd00:1::2]:8080"]
        try maps.apply(Service("default/web", of: ["30080/tcp"], both))
        #expect(try Set(maps.frontends().keys) == [address("0.0.0.0:30080/tcp"), address("[::]:30080/tcp")])
        #expect(try maps.slots(of: address("0.0.0.0:30080/tcp")) == [Endpoint("10.1.0.2:8080")])
        #expect(try maps.slots(of: address("[::]:30080/tcp")) == [Endpoint("[fd00:1::2]:8080")])
        let four = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080"])
        try maps.apply(four)
        #expect(try Set(maps.frontends().keys) == [address("0.0.0.0:30080/tcp")])
        #expect(try maps.services() == [four])
    }

    @Test(arguments: [
        (["30080/tcp"], [String](), ["0.0.0.0:30080/tcp", "[::]:30080/tcp"]),
        (["30080/tcp"], ["--ipv4"], ["0.0.0.0:30080/tcp"]),
        (["10.96.0.10:80/tcp", "30080/tcp"], [], ["0.0.0.0:30080/tcp", "10.96.0.10:80/tcp"]),
    ])
    func aNodePortWithoutBackendsRefusesItsClients(frontends: [String], words: [String], keys: [String]) throws {
        let maps = try PinnedMaps(configuration: words)
        let web = try Service("default/web", of: frontends)
        try maps.apply(web)
        #expect(try maps.frontends().keys.map(\.description).sorted() == keys)
        #expect(try maps.frontends().values.allSatisfy(\.slots.isEmpty))
        #expect(try maps.services() == [web])
        #expect(try maps.apply(web).entries.map(\.action) == [.unchanged])
    }

    @Test(arguments: [
        ("30080/tcp", "30080/tcp"), ("10.96.0.10:80/tcp", "external 10.96.0.10:80/tcp"),
        ("external 192.0.2.5:80/tcp", "balancer 192.0.2.5:80/tcp"),
    ])
    func aFrontendOfAnotherServiceIsRefusedWhateverItsKind(first: String, second: String) throws {
        let maps = try PinnedMaps()
        let owner = try Service("default/web", of: [first], ["10.1.0.2:8080"])
        try maps.apply(owner)
        let before = try maps.everything()
        let thief = try Service("default/thief", of: [second], ["10.1.0.3:8080"])
        #expect(throws: DataplaneError.frontendTaken(thief.frontends[0], by: owner.name)) { try maps.apply(thief) }
        #expect(try maps.everything() == before)
    }

    /// The owner serves IPv6 only, so that the two would not even share an entry.
    @Test func aNodePortIsOneClaimInBothFamilies() throws {
        let maps = try PinnedMaps()
        let owner = try Service("default/web", of: ["30080/tcp"], ["[fd00:1::2]:8080"])
        try maps.apply(owner)
        let thief = try Service("default/thief", of: ["30080/tcp"], ["10.1.0.3:8080"])
        #expect(throws: DataplaneError.frontendTaken(thief.frontends[0], by: owner.name)) { try maps.apply(thief) }
        let together = try PinnedMaps()
        #expect(throws: DataplaneError.frontendTaken(thief.frontends[0], by: thief.name)) {
            try together.apply(owner, thief)
        }
        #expect(try together.services() == [])
    }

    @Test func tcpAndUDPNodePortsOfOneNumberAreTwo() throws {
        let maps = try PinnedMaps()
        let tcp = try Service("default/tcp", of: ["30053/tcp"], ["10.1.0.2:53"])
        let udp = try Service("default/udp", of: ["30053/udp"], ["10.1.0.2:53"])
        try maps.apply(tcp, udp)
        #expect(try maps.services() == [tcp, udp])
    }

    @Test func aNodePortPassesToAnotherServiceInOneChange() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/a", of: ["10.96.0.10:80/tcp", "30080/tcp"], ["10.1.0.2:8080"]))
        let first = try Service("default/a", of: ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        let second = try Service("default/b", of: ["30080/tcp"], ["10.1.0.3:8080"])
        try maps.apply(first, second)
        #expect(try maps.services() == [first, second])
        #expect(try maps.slots(of: address("0.0.0.0:30080/tcp")) == [Endpoint("10.1.0.3:8080")])
    }

    @Test func aFrontendOfAnotherKindTakesTheFormerOnesPlace() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", of: ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        let moved = try Service("default/web", of: ["external 10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        #expect(try maps.apply(moved).entries.map(\.action) == [.configured])
        #expect(try maps.services() == [moved])
    }

    @Test func deletingLeavesNoNodePortBehind() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080", "[fd00:1::2]:8080"]))
        try maps.apply(pruning: true)
        #expect(try maps.frontends().isEmpty)
        #expect(try maps.services() == [])
    }

    @Test func nodePortsNeedRoomToo() throws {
        let maps = try PinnedMaps(sizes: ["frontends": 1])
        let before = try maps.everything()
        let web = try Service("default/web", of: ["10.96.0.10:80/tcp", "30080/tcp"], ["10.1.0.2:8080"])
        #expect(throws: DataplaneError.mapFull(map: "frontends_v4", needed: 2, free: 1)) { try maps.apply(web) }
        #expect(try maps.everything() == before)
    }

    @Test(arguments: [
        ("29999/tcp", [String](), "30000-32767"), ("32768/tcp", [], "30000-32767"),
        ("30000/tcp", ["--node-port-range=20000-20010"], "20000-20010"),
    ])
    func aNodePortOutsideTheRangeIsRefusedAndNothingIsWritten(port: String, words: [String], range: String) throws {
        let maps = try PinnedMaps(configuration: words)
        let before = try maps.everything()
        let web = try Service("default/web", of: ["10.96.0.10:80/tcp", port], ["10.1.0.2:8080"])
        let refusal = DataplaneError.nodePortOutOfRange(try NodePort(port), try PortRange(range))
        #expect(throws: refusal) { try maps.apply(web) }
        #expect(try maps.everything() == before)
    }

    @Test func aNodePortStaysWhenTheRangeMovesAway() throws {
        let maps = try PinnedMaps()
        var web = try Service("default/web", of: ["30080/tcp"], ["10.1.0.2:8080"])
        try maps.apply(web)
        try maps.configure(["--node-port-range=20000-20010"])
        web.backends.append(Backend(endpoint: try Endpoint("10.1.0.3:8080"), isLocal: false))
        try maps.apply(web)
        #expect(try maps.services() == [web])
    }

    @Test(arguments: [
        ("[fd00:96::a]:80/tcp", "[fd00:1::2]:8080"), ("30080/tcp", "[fd00:1::2]:8080"),
    ])
    func aFrontendIsRefusedInAFamilyThatIsOff(frontend: String, backend: String) throws {
        let maps = try PinnedMaps(configuration: ["--ipv4"])
        let before = try maps.everything()
        let web = try Service("default/web", of: [frontend], [backend])
        #expect(throws: DataplaneError.familyNotEnabled(web.frontends[0], .v6)) { try maps.apply(web) }
        #expect(try maps.everything() == before)
    }
}
