// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import TestSupport
import Testing

@testable import Commands

/// The commands for connections on a node with a bpffs and a cgroup of its own.
@Suite(.needsKernel) struct ConntrackCommandTests {
    private let tool: ToolNode

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256 --map-size slots=256")
    }

    @Test(arguments: ["conntrack list", "conntrack delete"])
    func connectionsOfAnUnknownServiceAreNotFound(line: String) throws {
        let unknown = try tool.run("\(line) --service default/web")
        #expect(unknown.code == .notFound)
        #expect(unknown.output == "")
        #expect(unknown.errors.hasPrefix("ebpfctl: cannot find service 'default/web': no such service\n"))
        let set = try tool.run("service set default/web:http --vip 10.96.0.10:80/tcp --backend 10.1.0.2:8080")
        #expect(set.code == .success, "\(set.errors)")
        #expect(try tool.run("\(line) --service default/web").code == .success)
        #expect(try tool.run("\(line) --service default/web:https").code == .notFound)
    }

    @Test func thereIsNothingToSweepInAnEmptyTable() throws {
        let sweep = try tool.run("conntrack sweep")
        #expect(sweep.code == .success, "\(sweep.errors)")
        #expect(
            sweep.output == """
                Removed:
                  TCP:               0
                  UDP:               0
                  Orphaned entries:  0
                Remaining connections:  0

                """)
    }
}
