// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// A failure at any step of `enable` leaves the node as it was.
@Suite(.needsKernel) struct EnableRollbackTests {
    /// The steps that a run has announced.
    private final class Steps {
        var all: [EnableStep] = []
    }

    /// - Parameter failing: the number of the step that fails; negative for none.
    /// - Parameter objects: called at the failure, before anything is taken back.
    private func fail(
        at failing: Int, of steps: Steps, noting objects: @escaping () -> Void
    ) -> (EnableStep) throws(DataplaneError) -> Void {
        steps.all = []
        return { (step) throws(DataplaneError) in
            steps.all.append(step)
            guard steps.all.count == failing + 1 else { return }
            objects()
            throw injected
        }
    }

    @Test func aFailedFirstRunLeavesNothing() throws {
        // Of the twelve objects, which are loaded all alike, the first and the last.
        let steps = try failFirstRuns(EnabledNode.options(.preferred)) { steps in
            let few = representatives(steps)
            return steps.indices.filter { steps[$0].kind != "load" || few.contains($0) }
        }
        // A directory, the overlay's device, twelve objects, routes, 21 attachments, the record, the rename.
        #expect(steps.count == 38)
    }

    /// Sockets and loading do not depend on the mechanism.
    @Test func aFailedFirstRunLeavesNoFilterAndNoDiscipline() throws {
        var options = EnabledNode.options(.clsact)
        options.connectTime = .off
        let steps = try failFirstRuns(options, at: representatives)
        #expect(steps.count { $0.kind == "attach" } == 10)
    }

    /// Lets first runs fail at one step after the other.
    ///
    /// - Returns: the steps of a run without a failure.
    private func failFirstRuns(
        _ options: EnableOptions, at chosen: ([EnableStep]) -> [Int]
    ) throws -> [EnableStep] {
        let node = try EnabledNode()
        let planned = Steps()
        try node.enable(options, willPerform: fail(at: -1, of: planned) {})
        try node.disable()
        let steps = Steps()
        var seen = KernelObjects()
        for failing in chosen(planned.all) {
            #expect(throws: injected) {
                try node.enable(
                    options, willPerform: fail(at: failing, of: steps) { seen.formUnion(node.pinned()) })
            }
            #expect(steps.all.map(\.shape) == planned.all.prefix(failing + 1).map(\.shape))
            #expect(try node.additions() == [], "after a failure at \(planned.all[failing])")
            #expect(try node.hooks() == .none, "after a failure at \(planned.all[failing])")
        }
        #expect(seen.maps.count > planned.all.count)
        #expect(seen.programs.count > planned.all.count)
        try node.expectNothingLeft(of: seen)
        return planned.all
    }

    @Test func aFailedUpgradeLeavesTheOldDataplaneAtWork() throws {
        let steps = try failUpgrades(EnabledNode.options(.preferred)) {
            $0.connectTime = .tcp
            $0.overlayPort = 14790
        }
        #expect(
            Set(steps.map(\.kind)) == [
                "prepareOverlay", "createDirectory", "load", "resize", "replace", "writeRoutes", "attach", "detach",
                "record", "publish",
            ])
    }

    @Test func aFailedUpgradeLeavesTheOldFiltersAtWork() throws {
        var options = EnabledNode.options(.clsact)
        options.connectTime = .off
        let steps = try failUpgrades(options) {
            $0.families = [.v4]
            $0.overlayPort = 0
        }
        #expect(Set(steps.map(\.kind)).isSuperset(of: ["replace", "attach", "detach"]))
    }

    /// Lets upgrades fail at one step after the other: another build, another map size, a new pod, other hooks.
    ///
    /// - Returns: the steps of a run without a failure.
    private func failUpgrades(
        _ options: EnableOptions, changing: (inout EnableOptions) -> Void
    ) throws -> [EnableStep] {
        var changed = options
        changed.mapSizes["connections"] = 512
        changing(&changed)
        let planned = Steps()
        let model = try EnabledNode()
        try model.enable(options)
        try model.network.addVeth("pod9")
        try model.enable(changed, version: "2", willPerform: fail(at: -1, of: planned) {})
        let node = try EnabledNode()
        try node.enable(options)
        let (objects, hooks, record) = (node.pinned(), try node.hooks(), try node.record())
        try node.network.addVeth("pod9")
        let steps = Steps()
        var made = objects
        for failing in representatives(planned.all) {
            #expect(throws: injected) {
                try node.enable(
                    changed, version: "2",
                    willPerform: fail(at: failing, of: steps) { made.formUnion(node.pinned()) })
            }
            #expect(steps.all.map(\.kind) == planned.all.prefix(failing + 1).map(\.kind))
            let place = Comment(rawValue: "after a failure at \(planned.all[failing])")
            let remaining = node.pinned()
            try #require(remaining.maps == objects.maps, place)
            try #require(remaining.programs == objects.programs, place)
            // A link that was detached and attached again has got another number.
            try #require(remaining.links.count == objects.links.count, place)
            try #require(try node.hooks() == hooks, place)
            try #require(try node.record() == record, place)
            #expect(!node.staging.exists, place)
            made.formUnion(remaining)
        }
        try node.enable(changed, version: "2")
        #expect(try node.record().toolVersion.hasPrefix("2 "))
        made.formUnion(node.pinned())
        try node.disable()
        try node.expectNothingLeft(of: made)
        return planned.all
    }

    /// Of each series of like steps the first and the last.
    private func representatives(_ steps: [EnableStep]) -> [Int] {
        var chosen: Set<Int> = []
        var start = 0
        for index in steps.indices where index + 1 == steps.count || steps[index + 1].kind != steps[index].kind {
            chosen.formUnion([start, index])
            start = index + 1
        }
        return chosen.sorted()
    }

    /// The interface goes away while `enable` works on it.
    @Test(arguments: mechanisms) func anInterfaceThatVanishesMeanwhileIsNamed(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        let network = node.network
        #expect(throws: DataplaneError.unknownInterface("pod0")) {
            try node.enable(EnabledNode.options(mechanism)) { (step) throws(DataplaneError) in
                guard case .writeRoutes = step else { return }
                try? network.removeLink("pod0")
            }
        }
        try node.expectNothingLeft(of: KernelObjects())
    }
}

extension EnableStep {
    /// The name of the case.
    fileprivate var kind: String { String("\(self)".prefix { $0 != "(" }) }

    /// All but numbers: those of devices that are made anew differ from run to run.
    fileprivate var shape: String { "\(self)".filter { !$0.isNumber } }
}
