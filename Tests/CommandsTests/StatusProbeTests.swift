// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import TestSupport
import Testing

@testable import Commands

/// `status` about services that nobody serves here, with and without `--probe`.
@Suite(.needsKernel) struct StatusProbeTests {
    private let tool: ToolNode

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
        _ = try tool.output(of: "route add 10.1.0.0/24 --workload --via 10.0.0.9")
    }

    private func set(_ name: String, _ address: String, _ words: String = "") throws {
        _ = try tool.run("service set default/\(name) --vip \(address):80/tcp --backend 10.1.0.2:80 \(words)")
    }

    private func document(_ run: ToolRun) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    }

    private func findings(_ run: ToolRun) throws -> [[String: Any]] {
        try #require(try document(run)["findings"] as? [[String: Any]])
    }

    @Test func aPolicyThatLeavesNoBackendOnThisNodeIsFound() throws {
        try set("near", "10.96.0.1", "--internal-policy local --backend 10.1.0.3:80,local")
        try set("far", "10.96.0.2", "--internal-policy local")
        try set("out", "10.96.0.3", "--node-port 30080/tcp --external-policy local")
        // No address from outside, so its policy concerns nobody.
        try set("in", "10.96.0.4", "--external-policy local")
        let run = try tool.run("status")
        #expect(run.code == .success)
        #expect(
            run.output.hasSuffix(
                """
                Findings:         2 services are not served on this node, where the policy 'local' finds no active \
                backend: 'default/far' (clients inside), 'default/out' (clients outside); see where they are with \
                'ebpfctl backend list default/far \(tool.location)'

                """), "\(run.output)")
        #expect(try findings(tool.run("status -o json")).map { $0["degrading"] as? Bool } == [false])
    }

    @Test func aProbeSaysThatThePolicyLeavesNoBackend() throws {
        try set("far", "10.96.0.2", "--internal-policy local")
        let run = try tool.run("status --probe default/far --timeout 300ms")
        #expect(run.code == .failure)
        let lack = "the service's internal policy is local, and it has no active IPv4 backend on this node"
        let hint =
            "see where its backends are with 'ebpfctl backend list default/far \(tool.location)'"
        #expect(run.output.contains("\(lack); \(hint)\n"), "\(run.output)")
        #expect(run.output.contains("Findings:         '10.96.0.2:80/tcp' does not answer: \(lack); \(hint)\n"))
        // Who is not asked need not be reached.
        #expect(!run.output.contains("10.1.0.2"))
    }

    @Test func aProbeThatFailsIsAFindingInDocumentsToo() throws {
        try set("none", "10.96.0.5", "--internal-policy local")
        let run = try tool.run("status --probe default/none --timeout 300ms -o json")
        #expect(run.code == .failure)
        let degrading = try findings(run).filter { $0["degrading"] as? Bool == true }
        #expect(
            degrading.compactMap { $0["message"] as? String } == [
                "'10.96.0.5:80/tcp' does not answer: the service's internal policy is local, and it has no active "
                    + "IPv4 backend on this node"
            ])
        #expect(degrading.allSatisfy { ($0["hint"] as? String)?.isEmpty == false })
        // As exact as the table, which says microseconds.
        let probe = try #require(try document(run)["probes"] as? [[String: Any]]).first
        #expect(try #require(probe?["durationSeconds"] as? Double) > 0)
    }
}
