// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// What 64 bytes to a service and 64 bytes back take on a connection that stands.
///
/// Both ends share a processor: the figure has two packets' ways and two changes of process in it, no waking of an
/// idle processor, which would drown them.
enum RoundTripBenchmark: BenchmarkSection {
    static let name = "rtt"
    static let summary = "round-trip latency of small requests from a pod to a service, TCP and UDP"
    /// Many short ones, as in ``ConnectBenchmark``.
    static let rounds = 21

    private static let count = 1000

    static func run(rounds: Int) throws -> [Measurement] {
        let comparison = try TrafficComparison(TrafficContender.inside)
        try comparison.startServers(for: .ask(.tcp, count: count))
        var scores = TrafficScores(reference: .linux)
        for transport in TransportProtocol.allCases {
            let task = TrafficTask.ask(transport, count: count)
            try comparison.forEachPlace(task, size: 1, rounds: rounds) { lab, entry, setting, round in
                let figures = try lab.measure(task, of: entry, round: round)
                let names = ["rtt/\(transport)/p50", "rtt/\(transport)/p99"]
                for (name, nanoseconds) in zip(names, [figures[0], figures[2]]) {
                    scores.add(nanoseconds / 1000, .microseconds, name, in: setting, of: lab.contender)
                }
            }
        }
        return scores.measurements { _ in .ratioAtMost(1.05) }
    }
}
