// SPDX-License-Identifier: Apache-2.0

/// How many short connections a second one client and one server make: connect, 64 bytes, 64 bytes, close.
///
/// Both ends share a processor, so that the figure tells what a connection costs, and not how fast an idle processor
/// wakes up.
enum ShortConnectionBenchmark: BenchmarkSection {
    static let name = "short"
    static let summary = "short connections a second from a pod to a service"
    static let rounds = 9

    private static let task = TrafficTask.short(milliseconds: 150)

    static func run(rounds: Int) throws -> [Measurement] {
        let comparison = try TrafficComparison(TrafficContender.inside)
        try comparison.startServers(for: task)
        var scores = TrafficScores(reference: .linux)
        for size in TrafficComparison.sizes {
            try comparison.forEachPlace(task, size: size, rounds: rounds) { lab, entry, setting, round in
                let figures = try lab.measure(task, of: entry, round: round)
                scores.add(figures[0], .perSecond, "short/connections", in: setting, of: lab.contender)
            }
        }
        return scores.measurements { _ in .ratioAtLeast(0.95) }
    }
}
