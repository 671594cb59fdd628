// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Lab

/// What a client outside the cluster gets from a node port whose backends are on another node than the one it asks.
///
/// kube-proxy hides the client's address and has the answers return through the node that was asked, and so does not do
/// what is compared with it: ours shows the pod who asks. `ebpfctl` returns through the tunnel.
enum NodePortBenchmark: BenchmarkSection {
    static let name = "nodeport"
    static let summary = "round trips and a stream from outside through a node port to the other node"
    static let rounds = 5

    private static let nodePort: UInt16 = 30_080
    private static let setting = "1-services,other-node"

    static func run(rounds: Int) throws -> [Measurement] {
        let comparison = try TrafficComparison(TrafficContender.outside)
        var scores = TrafficScores(reference: .iptables)
        try measure(.ask(.tcp, count: 1000), comparison, rounds) { lab, figures in
            scores.add(figures[0] / 1000, .microseconds, "nodeport/rtt-p50", in: setting, of: lab.contender)
            scores.add(figures[2] / 1000, .microseconds, "nodeport/rtt-p99", in: setting, of: lab.contender)
        }
        for offloads in Offloads.allCases {
            for lab in comparison.labs { try offloads.apply(to: lab.lab) }
            let setting = "\(offloads.rawValue),\(setting)"
            try measure(.stream(milliseconds: 500), comparison, rounds) { lab, figures in
                scores.add(figures[0], .gigabitsPerSecond, "nodeport/throughput", in: setting, of: lab.contender)
                scores.add(figures[1], .millisecondsPerGigabit, "nodeport/cost", in: setting, of: lab.contender)
            }
        }
        return scores.measurements { _ in nil }
    }

    private static func measure(
        _ task: TrafficTask, _ comparison: TrafficComparison, _ rounds: Int,
        _ take: (TrafficLab, [Double]) -> Void
    ) throws {
        try comparison.startServers(for: task)
        let entry = TrafficCluster.measured(task, at: .otherNode, nodePort: nodePort)
        try comparison.serve(TrafficCluster(1, measured: [entry]))
        let target = Endpoint(address: LabPlan.node(1, .v4).address, port: nodePort)
        try comparison.forEachRound(rounds) { lab, _ in
            take(lab, try lab.measure(task, from: lab.lab.client, to: target))
        }
    }
}
