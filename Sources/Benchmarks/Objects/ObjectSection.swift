// SPDX-License-Identifier: Apache-2.0

import Dataplane
import Lab
import LinuxSystem

/// How long `service apply` takes for a large cluster's objects: whole processes, with reading the file.
enum ObjectSection: BenchmarkSection {
    static let name = "objects"
    static let summary = "ms and MiB to apply 10,000 Services, as many EndpointSlices of 10, and 5,000 Nodes"
    static let rounds = 3

    static func run(rounds: Int) throws -> [Measurement] {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let node = lab.nodes[0]
        try node.enable()
        let path = "/tmp/ebpfctl-objects-\(UInt64.random(in: 0 ... .max)).json"
        defer { try? Filesystem.removeFile(path) }
        let cluster = SyntheticCluster(services: 10_000, endpoints: 10, nodes: 5000)
        let size = try cluster.write(to: path)
        func apply() throws -> DumpRun {
            let words = ["service", "apply", "-f", path, "--node", "node-0", "--prune"]
            let location = ["--bpffs", node.bpffs, "--cgroup", node.cgroup.path]
            return try node.onNode { try DumpRun(of: DumpRun.tool(words + location)) }
        }
        var runs: [String: [DumpRun]] = [:]
        for round in 0..<rounds {
            try node.serve([])
            runs["first", default: []].append(try apply())
            runs["again", default: []].append(try apply())
            _ = try cluster.moving(endpoint: round).write(to: path)
            runs["one-endpoint", default: []].append(try apply())
            _ = try cluster.write(to: path)
        }
        let setting = "\(size / 1_000_000) MB"
        func time(_ name: String, _ aim: Double?) -> Measurement {
            Measurement(
                subject: "objects/\(name)", setting: setting, unit: .milliseconds,
                samples: (runs[name] ?? []).map(\.milliseconds), aim: aim.map { .atMost($0) })
        }
        return [
            time("first", 3000), time("again", 2000), time("one-endpoint", nil),
            Measurement(
                subject: "objects/peak-memory", setting: setting, unit: .mebibytes,
                samples: (runs["first"] ?? []).map(\.mebibytes), aim: .atMost(1024)),
        ]
    }
}
