// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// New flows are kept away while tracked ones go on, and everything can be put back.
@Suite(.needsKernel) struct DrainTests {
    private static let established = TCP_SEEN_SYN.rawValue | TCP_SEEN_SYN_ACK.rawValue | TCP_SEEN_ACK.rawValue

    private func serving(sizes: [String: UInt32] = [:]) throws -> PinnedMaps {
        let maps = try PinnedMaps(sizes: sizes)
        try maps.apply(
            Service("default/web", of: ["10.96.0.10:80/tcp", "10.96.0.11:80/tcp"], ["10.1.0.2:8080"]),
            Service("default/six", of: ["[fd00:96::a]:80/tcp"], ["[fd00:1::2]:8080"]))
        return maps
    }

    private func location(_ maps: PinnedMaps) -> DataplaneLocation {
        DataplaneLocation(bpffs: maps.directory.bpffs)
    }

    /// How many frontends a packet finds, and how many it does not.
    private func places(_ maps: PinnedMaps) throws -> (found: Int, aside: Int) {
        let v4 = try Map<frontend_key_v4, frontend_v4>(pinned: maps.directory.map(.frontends(.v4))).entries()
        let v6 = try Map<frontend_key_v6, frontend_v6>(pinned: maps.directory.map(.frontends(.v6))).entries()
        let marks = v4.map(\.key.aside) + v6.map(\.key.aside)
        return (marks.count { $0 == 0 }, marks.count { $0 != 0 })
    }

    private func run(_ maps: PinnedMaps, for duration: Duration, _ answers: Bool...) throws -> (DrainReport, [Int]) {
        var (told, answers): ([Int], [Bool]) = ([], answers)
        let plan = DrainPlan(until: Deadline(after: duration)) { left in
            told.append(left)
            return answers.isEmpty ? false : answers.removeFirst()
        }
        return (try Drain.run(plan, in: maps.directory), told)
    }

    @Test func frontendsAreSetAsideAndPutBackAsTheyWere() throws {
        let maps = try serving()
        let (before, services) = (try maps.everything(), try maps.services())
        try Drain.begin(in: maps.directory)
        #expect(try places(maps) == (0, 3))
        #expect(try maps.services() == services)
        #expect(Filesystem.exists(maps.directory.drainNote))
        try Drain.takeBack(in: maps.directory)
        #expect(try places(maps) == (3, 0))
        #expect(try maps.everything() == before)
        #expect(!Filesystem.exists(maps.directory.drainNote))
    }

    @Test func aFullMapIsEmptiedEntryByEntry() throws {
        let maps = try serving(sizes: ["frontends_v4": 3])
        let before = try maps.everything()
        try Drain.begin(in: maps.directory)
        #expect(try places(maps) == (0, 3))
        try Drain.takeBack(in: maps.directory)
        #expect(try maps.everything() == before)
    }

    @Test func aMapWithoutAnyRoomIsRefusedAndStaysAsItWas() throws {
        let maps = try serving(sizes: ["frontends_v4": 2])
        let before = try maps.everything()
        #expect(throws: DataplaneError.mapFull(map: "frontends_v4", needed: 1, free: 0)) {
            try run(maps, for: .seconds(5))
        }
        #expect(try maps.everything() == before)
        #expect(!Filesystem.exists(maps.directory.drainNote))
    }

    @Test func withoutConnectionsNothingIsWaitedFor() throws {
        let maps = try serving()
        let (report, told) = try run(maps, for: .seconds(60))
        #expect(report == DrainReport(left: 0))
        #expect(told == [])
        #expect(try places(maps) == (0, 3))
    }

    /// What the programs no longer count, what they do not translate and what has been closed ends with nobody noticing.
    @Test func onlyTranslatedConnectionsThatAreOpenAreWaitedFor() throws {
        let maps = try serving()
        func tcp(_ port: Int, seen: UInt32, flags: UInt32 = 0, idle: Int64 = 1) throws -> ConnectionPair {
            var pair = try ConnectionPair("tcp,10.1.0.5:\(port),10.96.0.10:80", to: "10.1.0.2:8080")
            (pair.seen, pair.flags, pair.idle) = (seen, flags, (.seconds(idle), .seconds(idle)))
            return pair
        }
        let finished = TCP_SEEN_CLIENT_FIN.rawValue | TCP_SEEN_BACKEND_FIN.rawValue
        try maps.write([
            tcp(1, seen: Self.established), tcp(2, seen: Self.established | finished),
            tcp(3, seen: Self.established | TCP_SEEN_RESET.rawValue),
            tcp(4, seen: Self.established, flags: CONNECTION_CONNECT_TIME.rawValue),
            tcp(5, seen: Self.established, flags: CONNECTION_NO_SERVICE.rawValue),
            tcp(6, seen: TCP_SEEN_SYN.rawValue, idle: 300),
            tcp(7, seen: Self.established | TCP_SEEN_CLIENT_FIN.rawValue),
            tcp(8, seen: Self.established | TCP_SEEN_CLIENT_FIN.rawValue, flags: CONNECTION_DSR.rawValue),
            ConnectionPair("udp,[fd00:1::5]:9,[fd00:96::a]:53", to: "[fd00:1::2]:53"),
        ])
        #expect(try Dataplane(at: location(maps), .reading).translatedFlows() == 3)
    }

    @Test func theTimeEndsADrainWithWhatIsLeft() throws {
        let maps = try serving()
        try maps.write([try ConnectionPair("udp,10.1.0.5:9,10.96.0.10:53", to: "10.1.0.2:53")])
        let (report, told) = try run(maps, for: .zero)
        #expect(report == DrainReport(left: 1))
        #expect(told == [])
    }

    @Test func anInterruptedDrainIsTakenBack() throws {
        let maps = try serving()
        let before = try maps.everything()
        try maps.write([try ConnectionPair("udp,10.1.0.5:9,10.96.0.10:53", to: "10.1.0.2:53")])
        let (report, told) = try run(maps, for: .seconds(60), true, true, false)
        #expect(report == DrainReport(left: 1, wasTakenBack: true))
        #expect(told == [1, 1, 1])
        #expect(try maps.everything() == before)
    }

    @Test func whoWritesNextPutsBackWhatAKilledDrainHasLeft() throws {
        let maps = try serving()
        let before = try maps.everything()
        try Drain.begin(in: maps.directory)
        _ = try Dataplane(at: location(maps), .reading).services()
        #expect(try places(maps) == (0, 3))
        _ = try Dataplane(at: location(maps), .writing(until: Deadline(after: .seconds(5)))).services()
        #expect(try maps.everything() == before)
        #expect(!Filesystem.exists(maps.directory.drainNote))
    }

    @Test func enablePutsItBackAndStatusSaysSoBefore() throws {
        let node = try EnabledNode()
        try node.enable()
        try Drain.begin(in: node.live)
        let degraded = try node.network.run { try Dataplane(at: node.location, .reading).status() }
        #expect(degraded.problems.contains(.draining))
        #expect(degraded.isDegraded)
        try node.enable()
        let healthy = try node.network.run { try Dataplane(at: node.location, .reading).status() }
        #expect(!healthy.problems.contains(.draining))
    }

    @Test func disableRemovesWhatAKilledDrainHasLeft() throws {
        let node = try EnabledNode()
        try node.enable()
        let objects = node.pinned()
        try Drain.begin(in: node.live)
        #expect(try node.disable().leftovers == [])
        try node.expectNothingLeft(of: objects)
    }
}
