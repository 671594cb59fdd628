// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// A dataplane that is looked at from another network namespace than the one it was enabled in.
@Suite(.needsKernel, .enabled("the kernel has cookies of namespaces") { NetworkNamespace.currentCookie() != nil })
struct HomeNamespaceTests {
    /// Keeps the node's namespace where others find it, as the processes of a real node do.
    private func resident(of node: EnabledNode) throws -> ChildProcess {
        try node.network.start(Command("/bin/sleep", ["1h"]))
    }

    private func status(of node: EnabledNode) throws -> StatusReport {
        try Dataplane(at: node.location, .reading).status()
    }

    @Test func statusSaysWhereToLook() throws {
        let node = try EnabledNode()
        let resident = try resident(of: node)
        defer { resident.kill() }
        try node.enable()
        let report = try status(of: node)
        #expect(report.problems == [.otherNamespace(path: "/proc/\(resident.id)/ns/net")])
        #expect(report.isDegraded && report.isElsewhere)
        #expect(report.interfaces == [])
        #expect(report.nodeAddresses == [])
        #expect(try node.network.run { try status(of: node).problems } == [])
    }

    @Test func whatIsAttachedIsChangedAtHomeOnly() throws {
        let node = try EnabledNode()
        let resident = try resident(of: node)
        defer { resident.kill() }
        try node.enable()
        let hooks = try node.hooks()
        let refusal = DataplaneError.otherNamespace(path: "/proc/\(resident.id)/ns/net")
        let deadline = Deadline(after: .seconds(5))
        #expect(throws: refusal) {
            try Disable.run(at: node.location, isDryRun: false, lockedUntil: deadline)
        }
        #expect(throws: refusal) {
            _ = try Enable(at: node.location, options: EnabledNode.options(), toolVersion: "1")
        }
        let dataplane = try Dataplane(at: node.location, .reading)
        let program = try #require(DataplaneProgram.named("from_uplink_v4").first)
        #expect(throws: refusal) { try dataplane.attach(program, interface: 1, named: "lo", .ingress) }
        #expect(throws: refusal) { try dataplane.detach(program) { _ in true } }
        #expect(throws: refusal) { try dataplane.kernelRoutes() }
        #expect(try node.hooks() == hooks)
    }

    @Test func tablesAreTheSameFromEverywhere() throws {
        let node = try EnabledNode()
        let resident = try resident(of: node)
        defer { resident.kill() }
        try node.enable()
        var store = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5)))).services()
        let web = try Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"])
        try store.apply(store.difference(to: [web], pruning: false))
        #expect(try status(of: node).serviceCount == 1)
    }

    /// Nobody lives in it, and no mount leads there: only this process's own descriptor.
    @Test func whatIsLeftOfANamespaceThatIsGoneCanBeTakenAway() throws {
        let node = try EnabledNode()
        try node.enable()
        #expect(try status(of: node).problems.contains(.otherNamespace(path: nil)))
        let report = try Disable.run(at: node.location, isDryRun: true, lockedUntil: Deadline(after: .seconds(5)))
        #expect(report.wasEnabled)
    }
}
