// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ConnectTimeTests {
    private func enabled(_ mode: EnableOptions.ConnectTime) throws -> EnabledNode {
        let node = try EnabledNode()
        var options = EnabledNode.options()
        options.connectTime = mode
        try node.enable(options)
        return node
    }

    private func writing<Value>(_ node: EnabledNode, _ body: (borrowing Dataplane) throws -> Value) throws -> Value {
        try node.network.run {
            try body(try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5)))))
        }
    }

    @Test func whatIsDetachedIsAttachedAgainAsEnableHadIt() throws {
        let node = try enabled(.all)
        let before = try node.hooks()
        let detached = try writing(node) { try $0.detachConnectTime(isDryRun: false) }
        #expect(detached.count == 11)
        #expect(try node.hooks().sockets == [])
        let report = try writing(node) { try $0.connectTime() }
        #expect(report.hooks.allSatisfy { $0.isWanted && !$0.isAttached })
        #expect(report.cgroup == node.location.cgroup)
        let attached = try writing(node) { try $0.attachConnectTime(isDryRun: false) }
        #expect(attached.map(\.program) == detached)
        #expect(attached.allSatisfy { $0.isNew })
        #expect(try node.hooks() == before)
        #expect(try node.attachments().allSatisfy { !$0.isManual })
        let again = try writing(node) { try $0.attachConnectTime(isDryRun: false) }
        #expect(!again.contains { $0.isNew })
    }

    @Test func dryRunsChangeNothing() throws {
        let node = try enabled(.all)
        let before = try node.hooks()
        #expect(try writing(node) { try $0.detachConnectTime(isDryRun: true) }.count == 11)
        #expect(try node.hooks() == before)
        _ = try writing(node) { try $0.detachConnectTime(isDryRun: false) }
        #expect(try writing(node) { try $0.attachConnectTime(isDryRun: true) }.filter { $0.isNew }.count == 11)
        #expect(try node.hooks().sockets == [])
    }

    @Test func onlyWhatTheModeAsksForIsAttached() throws {
        let node = try enabled(.tcp)
        _ = try writing(node) { try $0.detachConnectTime(isDryRun: false) }
        let attached = try writing(node) { try $0.attachConnectTime(isDryRun: false) }
        #expect(
            attached.map(\.program.pinName) == [
                "connect4", "connect_mapped_v4", "getpeername4", "getpeername_mapped_v4", "connect6", "getpeername6",
            ])
    }

    @Test func programsThatAreLoadedWithoutEffectAreNotAttached() throws {
        let node = try enabled(.off)
        #expect(throws: DataplaneError.connectTimeOff) {
            try writing(node) { try $0.attachConnectTime(isDryRun: false) }
        }
        #expect(try writing(node) { try $0.connectTime() }.hooks.allSatisfy { !$0.isWanted && !$0.isAttached })
        #expect(try writing(node) { try $0.detachConnectTime(isDryRun: false) } == [])
    }
}
