// SPDX-License-Identifier: Apache-2.0

import BPFImages
import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct DisableTests {
    @Test func onANodeThatIsNotEnabledThereIsNothingToDo() throws {
        let node = try EnabledNode()
        #expect(try node.disable() == DisableReport(wasEnabled: false, removed: [], leftovers: []))
        #expect(throws: DataplaneError.notEnabled(bpffs: node.location.bpffs)) { try node.attachments() }
    }

    @Test(arguments: mechanisms) func nothingIsLeft(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let objects = node.pinned()
        #expect(objects.maps.count == MapName.all.count)
        #expect(objects.programs.count == DataplaneProgram.all.count)
        #expect(objects.links.count == (mechanism == .tcx ? 21 : 11))
        let names = Set(try node.attachments().map(\.linkName))
        let report = try node.disable()
        #expect(report.wasEnabled)
        #expect(report.leftovers == [])
        #expect(Set(report.removed.filter { $0.kind == .attachment }.map(\.name)) == names)
        #expect(report.removed.last == RemovedItem(kind: .directory, name: node.live.path))
        try node.expectNothingLeft(of: objects)
    }

    @Test func aDryRunSaysTheSameAndLeavesEverything() throws {
        let node = try EnabledNode()
        try node.enable()
        let (objects, hooks) = (node.pinned(), try node.hooks())
        let planned = try node.disable(isDryRun: true)
        #expect(node.pinned() == objects)
        #expect(try node.hooks() == hooks)
        #expect(try node.disable() == planned)
    }

    @Test func aDisciplineThatWasThereBeforeStays() throws {
        let node = try EnabledNode()
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let isNew = try node.network.run { try TrafficControl.prepare(interface: uplink) }
        #expect(isNew)
        try node.enable(EnabledNode.options(.clsact))
        try node.disable()
        #expect(try node.hooks() == EnabledNode.Hooks(disciplines: ["up0 clsact"]))
    }

    /// Another tool's filter came later; the discipline that we made is now its, too.
    @Test func aDisciplineThatOthersUseStays() throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(.clsact))
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let path = node.live.program(try #require(DataplaneProgram.named("to_uplink_v4").first))
        // A program without our maps: somebody else's.
        let foreign = try BPFObject(name: "other", image: DataplaneProgram.all[0].image.bytes)
        try foreign.keepOnly(program: "from_workload")
        for map in foreign.maps where map.name.hasSuffix("_v4") {
            try foreign.setMaxEntries(of: map.name, to: 64)
        }
        let loaded = try foreign.load()
        let other = try loaded.program(named: "from_workload")
        let place = TrafficControl.Place(interface: uplink, direction: .egress, priority: 7, handle: 9)
        try node.network.run { try TrafficControl.attach(other, at: place) }
        #expect(Filesystem.exists(path))
        try node.disable()
        let id = try other.info().id
        #expect(try node.hooks() == EnabledNode.Hooks(filters: ["up0 egress 7 9 \(id)"], disciplines: ["up0 clsact"]))
    }

    @Test func programsOfOthersOnTheSameHooksStay() throws {
        guard mechanisms.contains(.tcx) else { return }
        let (node, neighbour) = (try EnabledNode(), try EnabledNode())
        try neighbour.enable()
        try node.enable()
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let program = try Program(pinned: neighbour.live.program(DataplaneProgram.all[0]))
        let link = try node.network.run {
            try LinkBox(Link(attaching: program, interface: uplink, direction: .ingress))
        }
        try node.disable()
        let id = try program.info().id
        #expect(try node.hooks() == EnabledNode.Hooks(tcx: ["up0 ingress \(id)"]))
        #expect(try neighbour.attachments().count == 21)
        withExtendedLifetime(link) {}
    }

    @Test(arguments: mechanisms) func aDetachedProgramIsGoneFromItsHookOnly(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let program = try #require(DataplaneProgram.named("to_uplink_v6").first)
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let detached = try node.network.run {
            let dataplane = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5))))
            return try dataplane.detach(program) { $0 == .interface(index: uplink, .egress, mechanism) }
        }
        #expect(detached.map(\.program) == [program])
        #expect(try node.attachments().count == 20)
        let objects = node.pinned()
        try node.disable()
        try node.expectNothingLeft(of: objects)
    }
}

/// Carries a link out of a closure.
private final class LinkBox {
    let link: Link
    init(_ link: consuming Link) { self.link = link }
}
