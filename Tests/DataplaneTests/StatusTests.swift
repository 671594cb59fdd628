// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// What `status` finds on a node that has changed since it was enabled.
@Suite(.needsKernel) struct StatusTests {
    private func problems(of node: EnabledNode) throws -> [StatusProblem] {
        try node.network.run { try Dataplane(at: node.location, .reading).status().problems }
    }

    /// Lets everything pass.
    private func foreignProgram() throws -> Program {
        try Program(name: "stranger", type: .schedClassifier, instructions: [.move(0, -1), .exit])
    }

    @Test(arguments: mechanisms) func aForeignFilterIsAheadWhereItRunsFirst(mechanism: AttachMechanism) throws {
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(mechanism))
        let uplink = try node.network.index(of: PrivateNode.uplinkName)
        let program = try foreignProgram()
        try node.network.run {
            _ = try TrafficControl.prepare(interface: uplink)
            for priority in [7, 0xEBFF] as [UInt16] {
                let place = TrafficControl.Place(interface: uplink, direction: .ingress, priority: priority, handle: 9)
                try TrafficControl.attach(program, at: place)
            }
        }
        // Behind our own filters, and behind everything of tcx, a program keeps nothing from us.
        let ahead = StatusProblem.foreignProgramAhead(interface: "up0", hook: "ingress", program: "stranger")
        #expect(try problems(of: node) == (mechanism == .clsact ? [ahead] : []))
    }

    @Test func aForeignProgramOfTCXIsAheadOfFilters() throws {
        guard mechanisms.contains(.tcx) else { return }
        let node = try EnabledNode()
        try node.enable(EnabledNode.options(.clsact))
        let pod = try node.network.index(of: "pod0")
        let program = try foreignProgram()
        let link = try node.network.run {
            try HeldLink(Link(attaching: program, interface: pod, direction: .egress))
        }
        #expect(
            try problems(of: node)
                == [.foreignProgramAhead(interface: "pod0", hook: "egress", program: "stranger")])
        withExtendedLifetime(link) {}
    }

    @Test func slotsThatRunOutDegradeTheDataplane() throws {
        let node = try EnabledNode()
        var options = EnabledNode.options()
        options.mapSizes["slots"] = 10
        try node.enable(options)
        func set(_ backends: Int) throws {
            var store = try Dataplane(at: node.location, .reading).services()
            let service = try Service(
                "default/web", ["10.96.0.10:80/tcp"], (1...backends).map { "10.1.0.\($0):80" })
            try store.apply(store.difference(to: [service], pruning: false))
        }
        // One slot of the table and one of the listing for each.
        try set(4)
        #expect(try problems(of: node) == [])
        options.mapSizes["slots"] = 9
        try node.enable(options)
        #expect(try problems(of: node) == [.mapNearlyFull(name: "slots_v4", percent: 88, evicts: false)])
        #expect(StatusProblem.mapNearlyFull(name: "slots_v4", percent: 100, evicts: false).isDegrading)
        #expect(!StatusProblem.mapNearlyFull(name: "sockets_v4", percent: 100, evicts: true).isDegrading)
    }

    @Test func anInterfaceThatLeadsOutWithoutAProgramIsNoted() throws {
        let node = try EnabledNode()
        try node.network.addVeth("up1")
        var options = EnabledNode.options()
        options.uplinks = ["up1"]
        options.workloads = ["pod*"]
        try node.enable(options)
        let note = StatusProblem.addressWithoutProgram(interface: "up0", address: try IPAddress("192.0.2.1"))
        #expect(try problems(of: node).filter { if case .addressWithoutProgram = $0 { true } else { false } } == [note])
        #expect(!note.isDegrading)
    }
}

/// Carries a link out of a closure.
private final class HeldLink {
    let link: Link
    init(_ link: consuming Link) { self.link = link }
}
