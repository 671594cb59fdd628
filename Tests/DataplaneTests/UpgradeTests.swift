// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// `enable` on a node that is enabled: what changes, what stays, and that no packet meets an empty hook.
@Suite(.needsKernel) struct UpgradeTests {
    @Test(arguments: mechanisms) func anotherBuildReplacesProgramsInPlaceAndKeepsTheMaps(
        mechanism: AttachMechanism
    ) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let web = try serve(on: node)
        let before = node.pinned()
        let (enabledAt, places) = (try node.record().enabledAt, Set(try node.attachments().map(\.place)))
        let report = try node.enable(EnabledNode.options(mechanism), version: "2")
        let after = node.pinned()
        #expect(report.isUpgrade)
        #expect(after.maps == before.maps)
        #expect(after.links == before.links)
        #expect(after.programs.isDisjoint(with: before.programs))
        #expect(before.subtracting(after).survivors() == KernelObjects())
        #expect(Set(try node.attachments().map(\.place)) == places)
        #expect(Set(try node.attachments().compactMap(\.programID)).isSubset(of: after.programs))
        #expect(try services(on: node) == [web])
        #expect(try node.record().enabledAt == enabledAt)
        #expect(report.changes.filter { if case .replaced = $0 { true } else { false } }.count == 21)
    }

    @Test func aChangedOptionIsNamedAndTakesEffect() throws {
        let node = try EnabledNode()
        try node.enable()
        let before = try node.record().configuration
        var options = EnabledNode.options()
        options.forwarding = .stack
        let report = try node.enable(options)
        let after = try node.record().configuration
        #expect(report.changes.contains(.configured(from: before, to: after)))
        #expect(after.contains("--forwarding=stack"))
        #expect(before.contains("--forwarding=direct"))
    }

    /// The first record is what a version wrote that knew nothing of the choice.
    @Test func aRecordWithoutTheChoiceIsTakenOver() throws {
        let node = try EnabledNode()
        try node.enable()
        #expect(try node.record().configuration.contains("--forwarding=direct"))
        var options = EnabledNode.options()
        options.choosesForwarding = true
        try node.enable(options)
        let record = try node.record().configuration
        #expect(record.contains("--forwarding=auto"))
        #expect(EnableOptions(words: record).forwarding == .direct)
        let again = try node.enable(options)
        #expect(!again.changes.contains { if case .configured = $0 { true } else { false } })
    }

    /// Everything that was in a map is in it again, and the programs use the new one.
    @Test(arguments: mechanisms) func aMapOfAnotherSizeKeepsItsEntries(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let web = try serve(on: node)
        try writeConnection(on: node)
        let manual = RouteEntry(
            route: Route(
                prefix: try Prefix("10.9.0.0/24"), role: .workload, place: .remote(via: try IPAddress("192.0.2.9"))),
            origin: .manual, isPeer: false)
        try RouteStore(in: node.live).write(manual)
        let before = node.pinned()
        var options = EnabledNode.options(mechanism)
        options.mapSizes = ["frontends": 128, "slots": 512, "connections": 1024, "routes": 128, "sockets": 128]
        let report = try node.enable(options)
        let resized = report.changes.compactMap { change -> String? in
            guard case .resized(let map, let from, let to, _) = change else { return nil }
            return "\(map) \(from) \(to)"
        }
        #expect(resized.count == 10)
        #expect(resized.contains("connections_v6 256 1024"))
        #expect(try services(on: node) == [web])
        #expect(try RouteStore(in: node.live).routes().contains(manual))
        #expect(try connections(on: node) == ["tcp,10.1.0.5:40000,10.96.0.10:80"])
        for name in MapName.all {
            guard let size = options.size(of: name) else { continue }
            #expect(try RawMap(pinned: node.live.map(name)).info.maxEntries == size)
        }
        // The old maps go with the old programs.
        #expect(before.subtracting(node.pinned()).survivors() == KernelObjects())
        let used = try node.attachments().compactMap(\.programID).map { Set(try Program(id: $0).info().mapIDs) }
        let own = node.pinned().maps
        #expect(used.allSatisfy { !$0.isDisjoint(with: own) })
    }

    @Test func aMapTooSmallForItsEntriesLeavesEverythingAsItWas() throws {
        let node = try EnabledNode()
        try node.enable()
        for number in 1...8 {
            try RouteStore(in: node.live).write(
                RouteEntry(
                    route: Route(
                        prefix: try Prefix("10.9.\(number).0/24"), role: .workload,
                        place: .remote(via: try IPAddress("192.0.2.9"))), origin: .manual, isPeer: false))
        }
        let (objects, hooks, record) = (node.pinned(), try node.hooks(), try node.record())
        var options = EnabledNode.options()
        options.mapSizes["routes"] = 4
        let used = try RawMap(pinned: node.live.map(.routes(.v4))).entryCount()
        #expect(throws: DataplaneError.mapTooSmall(map: "routes_v4", wanted: 4, used: used)) {
            try node.enable(options)
        }
        #expect(throws: DataplaneError.mapTooSmall(map: "routes_v4", wanted: 4, used: used)) {
            try node.enable(options, isDryRun: true)
        }
        #expect(node.pinned() == objects)
        #expect(try node.hooks() == hooks)
        #expect(try node.record() == record)
    }

    @Test func aSmallerMapSaysWhatWasInUse() throws {
        let node = try EnabledNode()
        try node.enable()
        _ = try serve(on: node)
        try writeConnection(on: node)
        let slots = try RawMap(pinned: node.live.map(.slots(.v4)))
        var options = EnabledNode.options()
        options.mapSizes["slots_v4"] = UInt32(try slots.needed())
        options.mapSizes["connections_v4"] = 200
        let changes = try node.enable(options).changes
        #expect(changes.contains(.resized(map: "connections_v4", from: 256, to: 200, used: 1)))
        options.mapSizes["slots_v4"] = UInt32(try slots.needed()) - 1
        #expect(throws: DataplaneError.self) { try node.enable(options) }
    }

    @Test(arguments: mechanisms) func aNewPodGetsItsPrograms(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let before = try node.hooks()
        try node.network.addVeth("pod7")
        let index = try node.network.index(of: "pod7")
        let report = try node.enable(EnabledNode.options(mechanism))
        let attached = report.changes.compactMap { change -> AttachPoint? in
            guard case .attached(let attachment) = change else { return nil }
            return attachment.point
        }
        #expect(
            attached == [
                .interface(index: index, .ingress, mechanism), .interface(index: index, .egress, mechanism),
                .interface(index: index, .ingress, mechanism), .interface(index: index, .egress, mechanism),
            ])
        let after = try node.hooks()
        #expect(after.tcx.isSuperset(of: before.tcx))
        #expect(after.filters.isSuperset(of: before.filters))
        #expect(after.tcx.count + after.filters.count == before.tcx.count + before.filters.count + 4)
    }

    /// Its pins and notes must not outlive it: the kernel may give its number to another interface.
    @Test(arguments: mechanisms) func whatIsPinnedForAVanishedPodIsCleaned(mechanism: AttachMechanism) throws {
        let node = try EnabledNode(pods: 2)
        try node.enable(EnabledNode.options(mechanism))
        let index = try node.network.index(of: "pod1")
        try node.network.removeLink("pod1")
        let report = try node.enable(EnabledNode.options(mechanism))
        let detached = report.changes.filter { if case .detached = $0 { true } else { false } }
        #expect(detached.count == (mechanism == .tcx ? 4 : 0))
        #expect(try Filesystem.list(node.live.links).filter { $0.hasSuffix("-\(index)") } == [])
        #expect(try node.attachments().count == 21)
    }

    /// Somebody else has detached a link: its pin is an empty shell.
    @Test func aLinkThatWasDetachedBehindOurBackIsMadeAgain() throws {
        let node = try EnabledNode()
        try node.enable()
        let places = Set(try node.attachments().map(\.place))
        let victims = try node.attachments().filter {
            $0.program.name == "from_workload" || $0.program.name == "connect4"
        }
        for victim in victims { try Link(pinned: node.live.link(victim.linkName)).detach() }
        try node.enable()
        let after = try node.attachments()
        #expect(Set(after.map(\.place)) == places)
        #expect(after.count == 21)
        #expect(after.allSatisfy { $0.isInPlace })
    }

    @Test(arguments: mechanisms) func whatAnOperatorAttachedStaysAndIsRenewed(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        // Both ends in the node: nobody would take it for a pod's.
        try node.network.run {
            try NetlinkSocket().addVethPair(LinkSettings(name: "extra", isUp: true), LinkSettings(name: "far"))
        }
        try node.enable(EnabledNode.options(mechanism))
        let index = try node.network.index(of: "extra")
        let program = try #require(DataplaneProgram.named("from_workload_v4").first)
        try node.network.run {
            let dataplane = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5))))
            _ = try dataplane.attach(program, interface: index, named: "extra", .ingress, mechanism: mechanism)
        }
        try node.enable(EnabledNode.options(mechanism))
        #expect(try node.attachments().count { $0.isManual } == 1)
        try node.enable(EnabledNode.options(mechanism), version: "2")
        let manual = try #require(try node.attachments().first { $0.isManual })
        #expect(manual.point == .interface(index: index, .ingress, mechanism))
        let pinned = try Program(pinned: node.live.program(program)).info().id
        #expect(manual.programID == pinned)
        let objects = node.pinned()
        try node.disable()
        try node.expectNothingLeft(of: objects)
    }

    private func serve(on node: EnabledNode) throws -> Service {
        let web = try Service(
            "default/web", ["10.96.0.10:80/tcp", "[fd00:96::a]:80/tcp"], ["10.1.0.2:8080", "[fd00:1::2]:8080"])
        var store = try ServiceStore(in: node.live)
        let difference = try store.difference(to: [web], pruning: false)
        try store.apply(difference)
        return web
    }

    private func services(on node: EnabledNode) throws -> [Service] {
        let store = try ServiceStore(in: node.live)
        return try store.services()
    }

    private func writeConnection(on node: EnabledNode) throws {
        let map = try Map<connection_key_v4, connection_v4>(pinned: node.live.map(.connections(.v4)))
        let key = try #require(
            connection_key_v4(ConnectionKey(words: ["tcp,10.1.0.5:40000,10.96.0.10:80"])))
        var value = connection_v4()
        (value.src, value.sport, value.dport) = (key.src, key.sport, UInt16(8080).bigEndian)
        value.dst = addr_v4(word: UInt32(0x0a01_0002).bigEndian)
        try map.update(key, value)
    }

    private func connections(on node: EnabledNode) throws -> [String] {
        var keys: [String] = []
        try ConnectionStore(in: node.live).forEach(matching: ConnectionFilter()) { keys.append("\($0.key)") }
        return keys
    }
}
