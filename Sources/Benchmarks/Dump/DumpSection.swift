// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Dataplane
import DataplaneModel
import Lab
import LinuxSystem

/// How long `conntrack list` takes for a large table, beside `bpftool map dump -j` of the same map.
///
/// Whole processes, from their start to the end of their output, which goes into a pipe that is read and thrown away.
enum DumpSection: BenchmarkSection {
    static let name = "dump"
    static let summary = "ms and MiB to list a connection table of 1,000,000 entries, all of it and a part"
    static let rounds = 3

    /// A connection has two entries and is listed once.
    private static let connections: UInt32 = 500_000

    private struct Contender {
        let name: String
        let command: LinuxSystem.Command
        var aim: Double?
    }

    static func run(rounds: Int) throws -> [Measurement] {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let node = lab.nodes[0]
        try node.enable { $0.mapSizes["connections_v4"] = 1 << 20 }
        let table = SyntheticTable(connections: connections)
        try node.serve(table.services())
        try table.write(into: PinDirectory.live(on: node.bpffs))
        try check(node)
        let contenders = try self.contenders(node)
        var runs: [String: [DumpRun]] = [:]
        for _ in 0..<rounds {
            for contender in contenders { runs[contender.name, default: []].append(try DumpRun(of: contender.command)) }
        }
        return contenders.flatMap { measurements($0, runs[$0.name] ?? [], beside: runs["bpftool"] ?? []) }
    }

    /// Nothing has been evicted while the table was filled.
    private static func check(_ node: LabNode) throws {
        let statistics = try Dataplane(at: node.location, .reading).connections().statistics()
        guard statistics.connections == Int(connections), statistics.orphans == 0 else {
            throw BenchmarkError.broken("\(statistics.connections) connections, \(statistics.orphans) orphans")
        }
    }

    private static func contenders(_ node: LabNode) throws -> [Contender] {
        let list = ["conntrack", "list", "--bpffs", node.bpffs, "--cgroup", node.cgroup.path, "-o"]
        let map = PinDirectory.live(on: node.bpffs).map(.connections(.v4))
        func tool(_ words: [String]) throws -> LinuxSystem.Command { try DumpRun.tool(list + words) }
        return [
            Contender(name: "json", command: try tool(["json"]), aim: 1500),
            Contender(
                name: "json-service", command: try tool(["json", "--service", SyntheticTable.serviceName(7)]), aim: 700),
            Contender(name: "json-state", command: try tool(["json", "--state", "reset"]), aim: 700),
            Contender(name: "json-source", command: try tool(["json", "--src", "10.244.3.0/24"]), aim: 700),
            Contender(name: "table", command: try tool(["table"])),
            Contender(name: "yaml", command: try tool(["yaml"])),
            Contender(
                name: "bpftool",
                command: LinuxSystem.Command("/usr/sbin/bpftool", ["map", "dump", "-j", "pinned", map])),
        ]
    }

    private static func measurements(
        _ contender: Contender, _ runs: [DumpRun], beside others: [DumpRun]
    ) -> [Measurement] {
        let setting = "\(2 * connections)"
        func figure(
            _ subject: String, _ unit: Measurement.Unit, _ value: (DumpRun) -> Double, _ aim: Measurement.Aim?,
            beside reference: [DumpRun] = []
        ) -> Measurement {
            Measurement(
                subject: "dump/\(contender.name)\(subject)", setting: setting, unit: unit, samples: runs.map(value),
                reference: reference.map(value), aim: aim)
        }
        let memory = figure("/peak-memory", .mebibytes, \.mebibytes, contender.aim.map { _ in .atMost(64) })
        let time = figure("", .milliseconds, \.milliseconds, contender.aim.map { .atMost($0) })
        guard contender.aim != nil else { return [time, memory] }
        return [
            time, figure("/to-bpftool", .milliseconds, \.milliseconds, .ratioAtMost(0.1), beside: others), memory,
        ]
    }
}
