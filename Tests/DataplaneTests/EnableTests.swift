// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Glibc
import LinuxSystem
import TestSupport
import Testing
import Topology

@testable import Dataplane

@Suite(.needsKernel) struct EnableTests {
    @Test(arguments: mechanisms) func everythingIsPinnedAttachedAndRecorded(mechanism: AttachMechanism) throws {
        let node = try EnabledNode(pods: 2)
        let report = try node.enable(EnabledNode.options(mechanism), version: "1.2.3")
        #expect(!report.isUpgrade)
        #expect(report.mechanism == mechanism)
        #expect(report.selection.uplinks.map(\.name) == ["up0"])
        #expect(report.selection.workloads.map(\.name) == ["pod0", "pod1"])
        #expect(try Filesystem.list(node.live.maps) == MapName.all.map(\.description).sorted())
        #expect(try Filesystem.list(node.live.programs) == DataplaneProgram.all.map(\.pinName).sorted())
        #expect(try node.additions() == ["ebpfctl"])
        let record = try node.record()
        #expect(record.toolVersion.hasPrefix("1.2.3 "))
        #expect(record.configuration.contains("--connect-time=all"))
        // Three interfaces with two programs each, the overlay with one, and eleven socket hooks.
        let hooks = try node.hooks()
        #expect(hooks.tcx.count == (mechanism == .tcx ? 14 : 0))
        #expect(hooks.filters.count == (mechanism == .clsact ? 14 : 0))
        let disciplines: Set = ["up0 clsact", "pod0 clsact", "pod1 clsact", "ebpfctl clsact"]
        #expect(hooks.disciplines == (mechanism == .clsact ? disciplines : []))
        #expect(hooks.overlays == ["ebpfctl port 14789 MTU 1430 up"])
        #expect(hooks.sockets.count == 11)
        #expect(try node.attachments().count == 25)
        let attached = report.changes.filter { if case .attached = $0 { true } else { false } }
        #expect(attached.count == 25)
    }

    @Test(arguments: mechanisms) func aSecondRunChangesNothing(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let (objects, hooks, record) = (node.pinned(), try node.hooks(), try node.record())
        let report = try node.enable(EnabledNode.options(mechanism))
        #expect(report.isUpgrade)
        guard case .routes(let routes)? = report.changes.first else {
            Issue.record("no word about routes")
            return
        }
        #expect(report.changes.count == 1)
        #expect(routes == RouteChanges(unchanged: routes.unchanged))
        #expect(node.pinned() == objects)
        #expect(try node.hooks() == hooks)
        #expect(try node.record() == record)
    }

    @Test func aDryRunChangesNothingAndSaysWhatItWouldDo() throws {
        let node = try EnabledNode()
        let report = try node.enable(isDryRun: true)
        let attached = report.changes.filter { if case .attached = $0 { true } else { false } }
        #expect(attached.count == 21)
        try node.expectNothingLeft(of: KernelObjects())
        let done = try node.enable()
        // What the overlay's device will be known by is not known before it is there.
        #expect(done.changes.filter { attached.contains($0) } == attached.filter { !$0.isOnOverlay })
        let hooks = try node.hooks()
        let upgrade = try node.enable(version: "2", isDryRun: true)
        #expect(upgrade.changes.contains { if case .programsReloaded = $0 { true } else { false } })
        #expect(try node.hooks() == hooks)
        #expect(try node.record().toolVersion.hasPrefix("1 "))
    }

    @Test func optionsDecideWhatIsAttached() throws {
        let node = try EnabledNode()
        var options = EnabledNode.options()
        options.families = [.v6]
        options.connectTime = .tcp
        try node.enable(options)
        let names = Set(try node.attachments().map(\.program.pinName))
        #expect(
            names == [
                "connect6", "from_overlay_v6", "from_uplink_v6", "from_workload_v6", "getpeername6", "to_uplink_v6",
                "to_workload_v6",
            ])
        options.connectTime = .off
        try node.enable(options)
        #expect(try node.hooks().sockets == [])
    }

    @Test func withoutUplinkNothingIsTouched() throws {
        let node = try EnabledNode()
        var options = EnabledNode.options()
        options.uplinks = ["eth9"]
        #expect(throws: DataplaneError.topology(.unknownUplink("eth9", existing: ["up0", "pod0"]))) {
            try node.enable(options)
        }
        try node.expectNothingLeft(of: KernelObjects())
    }

    @Test func aForeignFileAmongThePinsIsRefusedAndLeftAlone() throws {
        for place in ["ebpfctl", "ebpfctl/maps", "ebpfctl-staging/maps"] {
            let node = try EnabledNode()
            let path = "\(node.location.bpffs)/\(place)"
            try Filesystem.makeDirectories(path)
            let definition = MapDefinition(name: "other", type: .array, keySize: 4, valueSize: 4, maxEntries: 1)
            try RawMap(creating: definition).pin(at: "\(path)/other")
            let refusal = DataplaneError.foreignPins(["\(path)/other"])
            #expect(throws: refusal) { try node.enable() }
            #expect(throws: refusal) { try node.disable() }
            #expect(try Filesystem.list(path) == ["other"])
            #expect(try node.hooks() == .none)
        }
    }

    @Test func anABIVersionFromTheFutureIsRefusedAndLeftAlone() throws {
        let node = try EnabledNode()
        try node.enable()
        let (objects, hooks) = (node.pinned(), try node.hooks())
        let meta = try MetaStore(in: node.live)
        var value = try meta.read()
        value.abi_version = 99
        try meta.write(value)
        // A later version may have maps that this one does not know.
        let definition = MapDefinition(name: "novel", type: .array, keySize: 4, valueSize: 4, maxEntries: 1)
        try RawMap(creating: definition).pin(at: "\(node.live.maps)/novel")
        let tool = try #require(try DataplaneError.tool(of: node))
        let refusal = DataplaneError.unsupportedABI(found: 99, supported: DataplaneRecord.abiVersion, tool: tool)
        #expect(throws: refusal) { try node.enable() }
        #expect(throws: refusal) { try node.enable(isDryRun: true) }
        #expect(throws: refusal) { try node.attachments() }
        try Filesystem.removeFile("\(node.live.maps)/novel")
        #expect(node.pinned() == objects)
        #expect(try node.hooks() == hooks)
    }

    @Test func whileAnotherCommandHoldsTheLockNothingIsChanged() throws {
        let node = try EnabledNode()
        let lock = try DirectoryLock(on: node.location.bpffs, until: Deadline(after: .seconds(5)))
        #expect(throws: DataplaneError.locked(by: getpid())) {
            try node.network.run {
                _ = try Enable(at: node.location, options: EnabledNode.options(), toolVersion: "1")
                    .run(isDryRun: false, lockedUntil: Deadline(after: .zero))
            }
        }
        withExtendedLifetime(lock) {}
        try node.expectNothingLeft(of: KernelObjects())
    }

    @Test func whoWaitsForADrainIsToldSo() throws {
        let node = try EnabledNode()
        try node.enable()
        let lock = try DirectoryLock(on: node.location.bpffs, until: Deadline(after: .seconds(5)))
        try Filesystem.makeDirectory(node.live.drainNote)
        defer { try? Filesystem.removeDirectory(node.live.drainNote) }
        #expect(throws: DataplaneError.locked(by: getpid(), isDraining: true)) {
            _ = try Dataplane(at: node.location, .writing(until: Deadline(after: .zero)))
        }
        withExtendedLifetime(lock) {}
    }
}

extension DataplaneError {
    /// The version text of the maps on a node, whatever ABI they have.
    fileprivate static func tool(of node: EnabledNode) throws -> String? {
        let bytes = try RawMap(pinned: node.live.map(.meta)).lookUpBytes(UInt32(0))
        return bytes.map { String(decoding: $0[24..<56].prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension EnableChange {
    fileprivate var isOnOverlay: Bool {
        if case .attached(let attachment) = self { attachment.program.name == "from_overlay" } else { false }
    }
}
