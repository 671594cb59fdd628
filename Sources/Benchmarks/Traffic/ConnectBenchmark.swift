// SPDX-License-Identifier: Apache-2.0

/// What connect(2) of a pod to a service takes, from the call to its return with the handshake done.
///
/// It includes the choice of the backend, the SYN's way to the backend's pod, the SYN-ACK's way back and the ACK's way
/// there; not the making of the socket, and no waking of the server: that one takes connections in crowds, on another
/// processor. Each connection is reset, so no port is ever short.
enum ConnectBenchmark: BenchmarkSection {
    static let name = "connect"
    static let summary = "latency of connect() from a pod to a service, beside kube-proxy's rules and no service at all"
    /// Many short ones: the machine's own ups and downs last longer than one of them, and cancel out within it.
    static let rounds = 21

    private static let task = TrafficTask.connect(count: 500)
    private static let percentiles = ["connect/p50", "connect/p90", "connect/p99"]

    static func run(rounds: Int) throws -> [Measurement] {
        let comparison = try TrafficComparison(TrafficContender.inside)
        try comparison.startServers(for: task)
        var scores = TrafficScores(reference: .linux)
        var settings: [String] = []
        for size in TrafficComparison.sizes {
            try comparison.forEachPlace(task, size: size, rounds: rounds) { lab, entry, setting, round in
                if settings.last != setting { settings.append(setting) }
                let figures = try lab.measure(task, of: entry, round: round)
                for (name, nanoseconds) in zip(percentiles, figures) {
                    scores.add(nanoseconds / 1000, .microseconds, name, in: setting, of: lab.contender)
                }
            }
        }
        return scores.measurements { _ in nil } + verdicts(scores, settings)
    }

    private static func verdicts(_ scores: TrafficScores, _ settings: [String]) -> [Measurement] {
        let medians = settings.map { TrafficScores.Subject(name: percentiles[0], setting: $0) }
        let distances = medians.map { scores.distance($0, named: "connect/p50-above-linux", aim: .atMost(1.5)) }
        let comparisons = medians.map {
            scores.comparison($0, named: "connect/p50-to-iptables", with: .iptables, aim: .ratioAtMost(1))
        }
        return (distances + comparisons).compactMap(\.self)
    }
}
