// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import TestSupport
import Testing

/// A node to run the tool on: a network namespace with an uplink and a pod, a bpffs and a cgroup of its own.
struct ToolNode {
    /// The least that makes the node serve; bpffs and cgroup are added to each line.
    static let enable = "enable --uplink up0 --workload pod* --forwarding direct"

    let network: PrivateNode
    let bpffs: PrivateBPFFS
    let cgroup: PrivateCgroup

    init() throws {
        network = try PrivateNode(pods: 1)
        bpffs = try PrivateBPFFS()
        cgroup = try PrivateCgroup()
        try network.addAddress(try IPAddress("10.0.0.1"), prefixLength: 24, to: PrivateNode.uplinkName)
        try network.addAddress(try IPAddress("fd00::1"), prefixLength: 64, to: PrivateNode.uplinkName)
    }

    /// The options that every line is given.
    var location: String { "--bpffs \(bpffs.path) --cgroup \(cgroup.path)" }

    /// Where the dataplane is pinned.
    var directory: String { "\(bpffs.path)/ebpfctl" }

    func run(_ line: String) throws -> ToolRun {
        try network.run { ToolRun("\(line) \(location)") }
    }

    /// Runs a line that must succeed, and returns what it printed.
    func output(of line: String) throws -> String {
        let run = try run(line)
        #expect(run.code == .success, "\(line): \(run.errors)")
        return run.output
    }
}
