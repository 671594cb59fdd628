// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing
import Topology

@testable import Dataplane

/// Whatever state a node is in, `cleanup` takes what is ours and leaves what is not.
@Suite(.needsKernel) struct CleanupTests {
    private func cleanup(_ node: EnabledNode, isDryRun: Bool = false) throws -> DisableReport {
        try node.network.run {
            try Cleanup.run(at: node.location, isDryRun: isDryRun, lockedUntil: Deadline(after: .seconds(5)))
        }
    }

    /// A map of no kind of ours.
    private func stranger() throws -> RawMap {
        try RawMap(creating: MapDefinition(name: "theirs", type: .array, keySize: 4, valueSize: 8, maxEntries: 1))
    }

    @Test func onACleanNodeThereIsNothingToDo() throws {
        #expect(try cleanup(try EnabledNode()) == DisableReport(wasEnabled: false, removed: [], leftovers: []))
    }

    @Test(arguments: mechanisms) func ofAWholeDataplaneNothingIsLeft(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let (objects, hooks) = (node.pinned(), try node.hooks())
        let planned = try cleanup(node, isDryRun: true)
        #expect(node.pinned() == objects)
        #expect(try node.hooks() == hooks)
        let report = try cleanup(node)
        #expect(report == planned)
        #expect(report.removed.count { $0.kind == .attachment } == 21)
        #expect(report.leftovers == [] && report.foreign == [])
        try node.expectNothingLeft(of: objects)
    }

    /// The bpffs was unmounted, and with it every pin: links end with their pins, filters do not.
    @Test func filtersWhosePinsAreGoneAreFoundByTheirPrograms() throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(.clsact))
        let objects = node.pinned()
        for path in [node.live.links, node.live.programs, node.live.maps] {
            for name in try Filesystem.list(path) {
                let entry = "\(path)/\(name)"
                if Filesystem.isDirectory(entry) {
                    try Filesystem.removeDirectory(entry)
                } else {
                    try Filesystem.removeFile(entry)
                }
            }
            try Filesystem.removeDirectory(path)
        }
        try Filesystem.removeDirectory(node.live.path)
        let left = try node.hooks()
        #expect(left.filters.count == 10 && left.overlays.count == 1)
        let report = try cleanup(node)
        #expect(report.removed.count { $0.kind == .attachment } == 10)
        let after = try node.hooks()
        // Nothing says any more that the discipline is ours.
        #expect(after == EnabledNode.Hooks(disciplines: ["up0 clsact", "pod0 clsact"]))
        #expect(objects.survivors() == KernelObjects())
    }

    @Test func aFilterOfSomebodyElseInOurPlaceStays() throws {
        let (node, other) = (try EnabledNode(), try EnabledNode())
        try other.enable()
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let place = TrafficControl.Place(
            interface: uplink, direction: .ingress, priority: FilterPlace.priority(.v4), handle: FilterPlace.handle)
        let foreign = try Program(
            name: "from_uplink", type: .schedClassifier, instructions: [.move(0, -1), .exit])
        try node.network.run {
            _ = try TrafficControl.prepare(interface: uplink)
            try TrafficControl.attach(foreign, at: place)
        }
        let before = try node.hooks()
        #expect(try cleanup(node).removed == [])
        #expect(try node.hooks() == before)
        #expect(try other.attachments().count == 21)
    }

    @Test(arguments: ["", "/maps", "/programs", "/links"])
    func pinsOfSomebodyElseAmongOursStay(place: String) throws {
        let node = try EnabledNode()
        try node.enable()
        let path = "\(node.live.path)\(place)/theirs"
        try stranger().pin(at: path)
        let report = try cleanup(node)
        #expect(report.foreign == [path])
        #expect(report.leftovers == [])
        #expect(report.removed.count { $0.kind == .attachment } == 21)
        #expect(!report.removed.contains(RemovedItem(kind: .directory, name: node.live.path)))
        #expect(try node.hooks() == .none)
        #expect(try PinnedObject.kind(at: path) == .map)
        #expect(try Filesystem.list(node.live.path) == [place.isEmpty ? "theirs" : String(place.dropFirst())])
        try Filesystem.removeFile(path)
        #expect(try cleanup(node).removed == [RemovedItem(kind: .directory, name: node.live.path)])
        #expect(try node.additions() == [])
    }

    /// Another version may have other programs, maps and links: what hangs together with ours is ours.
    @Test func whatAnotherVersionHasNamedDifferentlyGoesToo() throws {
        let node = try EnabledNode()
        try node.enable()
        let objects = node.pinned()
        let (programs, links, maps) = (node.live.programs, node.live.links, node.live.maps)
        try Filesystem.rename("\(programs)/connect4", to: "\(programs)/connect_four")
        let link = try #require(try Filesystem.list(links).first { $0.hasPrefix("connect4-") })
        try Filesystem.rename("\(links)/\(link)", to: "\(links)/socket_link")
        try Filesystem.rename("\(maps)/sockets_v4", to: "\(maps)/sockets_of_v9")
        #expect(throws: DataplaneError.self) { try node.disable() }
        let report = try cleanup(node)
        #expect(report.foreign == [] && report.leftovers == [])
        try node.expectNothingLeft(of: objects)
    }

    @Test func ofAHalfBuiltDataplaneNothingIsLeft() throws {
        let node = try EnabledNode()
        try node.enable()
        let objects = node.pinned()
        try Filesystem.removeFile(node.live.map(.meta))
        try Filesystem.removeFile(node.live.map(.connections(.v4)))
        try Filesystem.makeDirectory(node.live.drainNote)
        try Filesystem.makeDirectory(node.staging.path)
        #expect(try cleanup(node).leftovers == [])
        try node.expectNothingLeft(of: objects)
    }
}
