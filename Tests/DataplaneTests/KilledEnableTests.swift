// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// What a command leaves that was killed, so that nothing was taken back: pins, attachments and notes of them.
@Suite(.needsKernel) struct KilledEnableTests {
    /// Where a first run may have been killed.
    enum Moment: CaseIterable {
        case directory, maps, discipline, attachments
    }

    /// Does by hand what the first steps of `enable` do, and stops.
    private func leave(_ moment: Moment, _ mechanism: AttachMechanism, on node: EnabledNode) throws {
        for path in [node.staging.path, node.staging.maps, node.staging.programs, node.staging.links] {
            try Filesystem.makeDirectory(path)
        }
        guard moment != .directory else { return }
        try load(EnabledNode.options(mechanism), into: node)
        guard moment != .maps else { return }
        let pod = try node.network.index(of: "pod0")
        guard moment != .discipline else {
            try Filesystem.makeDirectory(node.staging.link("\(Attacher.notePrefix)\(pod)"))
            let isNew = try node.network.run { try TrafficControl.prepare(interface: pod) }
            #expect(isNew)
            return
        }
        try node.network.run {
            let attacher = Attacher(directory: node.staging, cgroup: node.location.cgroup ?? "")
            for program in DataplaneProgram.all {
                guard case .interface(.workload, let direction) = program.hook else { continue }
                let attachment = Attachment(wanting: program, at: .interface(index: pod, direction, mechanism))
                try attacher.attach(attachment, Program(pinned: node.staging.program(program)))
            }
        }
    }

    private func load(_ options: EnableOptions, into node: EnabledNode) throws {
        let loader = ProgramLoader(maps: node.staging, programs: node.staging, options: options)
        for (image, programs) in ProgramLoader.images(of: DataplaneProgram.all) {
            try loader.load(image, pinning: programs)
        }
    }

    /// Before anything is attached the mechanism makes no difference.
    private static let moments =
        Moment.allCases.map { (AttachMechanism.clsact, $0) }
        + mechanisms.filter { $0 == .tcx }.map { ($0, Moment.attachments) }

    @Test(arguments: moments) func theNextEnableBeginsAnew(mechanism: AttachMechanism, moment: Moment) throws {
        let node = try EnabledNode()
        try leave(moment, mechanism, on: node)
        let leftover = node.pinned()
        let report = try node.enable(EnabledNode.options(mechanism))
        #expect(!report.isUpgrade)
        #expect(leftover.survivors() == KernelObjects())
        #expect(try node.attachments().count == 21)
        #expect(try node.hooks().sockets.count == 11)
        let hooks = try node.hooks()
        #expect(hooks.tcx.count + hooks.filters.count == 10)
        try node.disable()
        try node.expectNothingLeft(of: node.pinned())
    }

    @Test(arguments: moments) func disableTakesTheRemainsAway(mechanism: AttachMechanism, moment: Moment) throws {
        let node = try EnabledNode()
        try leave(moment, mechanism, on: node)
        let leftover = node.pinned()
        let report = try node.disable()
        #expect(report.wasEnabled)
        #expect(report.leftovers == [])
        try node.expectNothingLeft(of: leftover)
    }

    /// An upgrade pins the maps a second time before it exchanges programs; no packet may meet an empty hook.
    @Test(arguments: mechanisms) func theRemainsOfAnUpgradeAreClearedWithoutAGap(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let (maps, hooks) = (node.pinned().maps, try node.hooks())
        for path in [node.staging.path, node.staging.maps, node.staging.programs, node.staging.links] {
            try Filesystem.makeDirectory(path)
        }
        for name in MapName.all { try RawMap(pinned: node.live.map(name)).pin(at: node.staging.map(name)) }
        try load(EnabledNode.options(mechanism), into: node)
        try node.enable(EnabledNode.options(mechanism)) { _ in
            let present = try? node.hooks()
            #expect(present?.tcx.count == hooks.tcx.count)
            #expect(present?.filters.count == hooks.filters.count)
            #expect(present?.sockets.count == hooks.sockets.count)
        }
        #expect(node.pinned().maps == maps)
        #expect(!node.staging.exists)
        try expectPinnedProgramsAreAttached(node)
    }

    /// Killed between two of the last renames: some pins are the old programs', though all hooks have the new ones.
    @Test(arguments: mechanisms) func anUpgradeKilledWhileItPublishedIsCompleted(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let pin = node.live.program(DataplaneProgram.all[0])
        let old = try Program(pinned: pin)
        try node.enable(EnabledNode.options(mechanism), version: "2")
        for path in [node.staging.path, node.staging.maps, node.staging.programs, node.staging.links] {
            try Filesystem.makeDirectory(path)
        }
        try Filesystem.rename(pin, to: node.staging.program(DataplaneProgram.all[0]))
        try old.pin(at: pin)
        try node.enable(EnabledNode.options(mechanism), version: "2")
        try expectPinnedProgramsAreAttached(node)
    }

    private func expectPinnedProgramsAreAttached(
        _ node: EnabledNode, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for attachment in try node.attachments() {
            let pinned = try Program(pinned: node.live.program(attachment.program)).info().id
            #expect(attachment.programID == pinned, sourceLocation: sourceLocation)
        }
    }

    /// Killed when some hooks had their new program already, whose maps are partly new as well.
    @Test(arguments: mechanisms) func anUpgradeKilledWhileItExchangedProgramsIsCompleted(
        mechanism: AttachMechanism
    ) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let old = node.pinned()
        for path in [node.staging.path, node.staging.maps, node.staging.programs, node.staging.links] {
            try Filesystem.makeDirectory(path)
        }
        for name in MapName.all where name != .connections(.v4) && name != .connections(.v6) {
            try RawMap(pinned: node.live.map(name)).pin(at: node.staging.map(name))
        }
        var options = EnabledNode.options(mechanism)
        options.mapSizes["connections"] = 512
        try load(options, into: node)
        let attachments = try node.attachments()
        try node.network.run {
            let attacher = Attacher(directory: node.live, cgroup: node.location.cgroup ?? "")
            for attachment in attachments {
                try attacher.replace(attachment, with: Program(pinned: node.staging.program(attachment.program)))
            }
        }
        let unfinished = node.pinned()
        try node.enable(options)
        #expect(!node.staging.exists)
        #expect(try node.attachments().count == 21)
        let hooks = try node.hooks()
        #expect(hooks.tcx.count + hooks.filters.count == 10)
        let info = try RawMap(pinned: node.live.map(.connections(.v4))).info
        #expect(info.maxEntries == 512)
        try node.disable()
        var all = old
        all.formUnion(unfinished)
        all.formUnion(node.pinned())
        try node.expectNothingLeft(of: all)
    }

    @Test(arguments: mechanisms) func anUpgradeKilledWhileItExchangedProgramsCanBeDisabled(
        mechanism: AttachMechanism
    ) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        for path in [node.staging.path, node.staging.maps, node.staging.programs, node.staging.links] {
            try Filesystem.makeDirectory(path)
        }
        for name in MapName.all { try RawMap(pinned: node.live.map(name)).pin(at: node.staging.map(name)) }
        try load(EnabledNode.options(mechanism), into: node)
        let attachments = try node.attachments()
        try node.network.run {
            let attacher = Attacher(directory: node.live, cgroup: node.location.cgroup ?? "")
            for attachment in attachments.prefix(10) {
                try attacher.replace(attachment, with: Program(pinned: node.staging.program(attachment.program)))
            }
        }
        let objects = node.pinned()
        try node.disable()
        try node.expectNothingLeft(of: objects)
    }
}
