// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

@Suite struct ServiceDiffTests {
    @Test func servicesAreCreatedConfiguredKeptAndDeletedInOrderOfNames() throws {
        let (kept, old) = (try Service.sample("a/kept"), try Service.sample("a/old", vips: ["10.96.0.11:80/tcp"]))
        let before = try Service.sample("a/changed", vips: ["10.96.0.12:80/tcp"])
        let after = try Service.sample(
            "a/changed", vips: ["10.96.0.12:80/tcp"], backends: ["10.1.0.2:8080", "10.1.0.4:8080"])
        let new = try Service.sample("a/new", vips: ["10.96.0.13:80/tcp"])
        let diff = ServiceDiff(current: [old, before, kept], desired: [new, kept, after], pruning: true)
        #expect(
            diff.entries.map { "\($0.name) \($0.action.rawValue)" }
                == ["a/changed configured", "a/kept unchanged", "a/new created", "a/old deleted"])
        #expect(diff.entries.map { $0.current != nil } == [true, true, false, true])
        #expect(diff.entries.map { $0.desired != nil } == [true, true, true, false])
        #expect(diff.conflicts == [])
        #expect(!diff.isEmpty)
    }

    @Test func otherServicesAreLeftAloneWithoutPruning() throws {
        let diff = ServiceDiff(current: [try .sample("a/old")], desired: [], pruning: false)
        #expect(diff.entries == [])
        #expect(diff.isEmpty)
    }

    @Test func aServiceThatIsNotProgrammedAsRecordedIsConfiguredWithoutAnyChange() throws {
        let (web, dns) = (try Service.sample("a/web"), try Service.sample("a/dns", vips: ["10.96.0.11:53/udp"]))
        let diff = ServiceDiff(current: [web, dns], desired: [web, dns], pruning: false, damaged: [web.name])
        #expect(diff.entries.map { "\($0.name) \($0.action.rawValue)" } == ["a/dns unchanged", "a/web configured"])
        #expect(diff.entries.allSatisfy { $0.changes.isEmpty })
    }

    @Test func theOrderOfListsAndACommonFactorOfWeightsDoNotMatter() throws {
        let first = try Service.sample(
            vips: ["10.96.0.10:80/tcp", "10.96.0.10:53/udp"],
            backends: ["10.1.0.2:80,weight=2", "10.1.0.3:80,weight=4"])
        let second = try Service.sample(
            vips: ["10.96.0.10:53/udp", "10.96.0.10:80/tcp"],
            backends: ["10.1.0.3:80,weight=100", "10.1.0.2:80,weight=50"])
        #expect(ServiceChanges(from: first, to: second).isEmpty)
    }

    @Test func weightsAreReducedPerFamily() throws {
        let first = try Service.sample(backends: ["10.1.0.2:80,weight=2", "[fd00::2]:80,weight=3"])
        let second = try Service.sample(backends: ["10.1.0.2:80", "[fd00::2]:80"])
        #expect(ServiceChanges(from: first, to: second).isEmpty)
    }

    @Test func anOpenQuestionOfPlaceIsNoDifference() throws {
        let open = try Service.sample(backends: ["10.1.0.2:80"])
        let (near, far) = (open.resolvingPlaces { _ in true }, open.resolvingPlaces { _ in false })
        #expect(ServiceChanges(from: near, to: open).isEmpty)
        #expect(ServiceChanges(from: open, to: far).isEmpty)
        #expect(ServiceChanges(from: near, to: far).modifiedBackends == far.backends)
    }

    @Test func whatChangedIsListed() throws {
        let old = try Service.sample(
            vips: ["10.96.0.10:80/tcp"], nodePorts: ["30080/tcp"],
            backends: ["10.1.0.2:80", "10.1.0.3:80", "10.1.0.4:80", "10.1.0.5:80"])
        var new = try Service.sample(
            vips: ["10.96.0.10:80/tcp", "10.96.0.10:81/tcp"],
            backends: ["10.1.0.2:80", "10.1.0.3:80,weight=3", "10.1.0.4:80", "10.1.0.6:80"])
        new.backends[2].state = .draining
        var expected = ServiceChanges()
        expected.addedFrontends = [.clusterIP(try FrontendAddress("10.96.0.10:81/tcp"))]
        expected.removedFrontends = [.nodePort(try NodePort("30080/tcp"))]
        expected.addedBackends = [try Backend("10.1.0.6:80")]
        expected.removedBackends = [try Backend("10.1.0.5:80")]
        expected.modifiedBackends = [new.backends[1], new.backends[2]]
        #expect(ServiceChanges(from: old, to: new) == expected)
    }

    @Test func aFrontendOfAnotherKindIsReplaced() throws {
        let old = try Service.sample()
        var new = old
        new.frontends = [.externalIP(try FrontendAddress("10.96.0.10:80/tcp"))]
        let changes = ServiceChanges(from: old, to: new)
        #expect(changes.addedFrontends == new.frontends)
        #expect(changes.removedFrontends == old.frontends)
    }

    @Test func everySettingIsCompared() throws {
        let old = try Service.sample()
        var new = old
        new.affinity = .seconds(10)
        #expect(ServiceChanges(from: old, to: new).settings == [.affinity])
        new.externalPolicy = .local
        new.internalPolicy = .local
        new.sourceRanges = [try Prefix("10.0.0.0/8")]
        new.algorithm = .maglev
        #expect(ServiceChanges(from: old, to: new).settings == ServiceChanges.Setting.allCases)
    }

    @Test func repeatedAndReorderedSourceRangesAreNoDifference() throws {
        var (old, new) = (try Service.sample(), try Service.sample())
        let (first, second) = (try Prefix("10.0.0.0/8"), try Prefix("fd00::/8"))
        old.sourceRanges = [first, second]
        new.sourceRanges = [second, first, second]
        #expect(ServiceChanges(from: old, to: new).isEmpty)
    }

    @Test func aFrontendOfTwoServicesIsAConflictWhateverItsKind() throws {
        let first = try Service.sample("a/one")
        var second = try Service.sample("a/two")
        second.frontends = [
            .externalIP(try FrontendAddress("10.96.0.10:80/tcp")), .nodePort(try NodePort("30080/tcp")),
        ]
        let third = try Service.sample("a/three", vips: ["10.96.0.10:80/udp"], nodePorts: ["30080/udp"])
        let diff = ServiceDiff(current: [first], desired: [second, third], pruning: false)
        #expect(
            diff.conflicts.map(\.message)
                == ["frontend '10.96.0.10:80/tcp' is claimed by several services: 'a/one', 'a/two'"])
        #expect(ServiceDiff(current: [first], desired: [second, third], pruning: true).conflicts == [])
    }

    @Test func aNodePortOfTwoServicesIsAConflict() throws {
        let first = try Service.sample("a/one", vips: [], nodePorts: ["30080/tcp"])
        let second = try Service.sample("a/two", vips: [], nodePorts: ["30080/tcp"])
        #expect(
            FrontendConflict.among([second, first]).map(\.message)
                == ["frontend '*:30080/tcp' is claimed by several services: 'a/one', 'a/two'"])
    }

    @Test func aFrontendMayMoveFromOneServiceToAnotherInOneGo() throws {
        let (first, second) = (try Service.sample("a/one"), try Service.sample("a/two", vips: ["10.96.0.11:80/tcp"]))
        var (newFirst, newSecond) = (first, second)
        swap(&newFirst.frontends, &newSecond.frontends)
        #expect(ServiceDiff(current: [first, second], desired: [newFirst, newSecond], pruning: false).conflicts == [])
    }
}
