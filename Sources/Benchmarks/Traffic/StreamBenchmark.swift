// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// What one TCP stream from a pod to a service achieves at MTU 1500, and what it costs.
///
/// In `stream/throughput` the sender has one processor, which also brings every packet to the backend's socket, and the
/// receiver has another one. `stream/cost` is all work of the machine meanwhile, so that nothing else should run.
/// In `stream/one-processor` both ends share one: its throughput is the inverse of what everything costs, and does not
/// depend on how well two processors play together, which the big packets of offloads do.
enum StreamBenchmark: BenchmarkSection {
    static let name = "stream"
    static let summary = "throughput and processor time of a TCP stream from a pod to a service, MTU 1500"
    static let rounds = 5

    static func run(rounds: Int) throws -> [Measurement] {
        let comparison = try TrafficComparison(TrafficContender.inside)
        var scores = TrafficScores(reference: .linux)
        for offloads in Offloads.allCases {
            for lab in comparison.labs { try offloads.apply(to: lab.lab) }
            for sharing in [false, true] {
                let task = TrafficTask.stream(milliseconds: 500, sharingProcessor: sharing)
                try comparison.startServers(for: task)
                try comparison.forEachPlace(task, size: 1, rounds: rounds) { lab, entry, setting, round in
                    let figures = try lab.measure(task, of: entry, round: round)
                    let setting = "\(offloads.rawValue),\(setting)"
                    let name = sharing ? "stream/one-processor" : "stream/throughput"
                    scores.add(figures[0], .gigabitsPerSecond, name, in: setting, of: lab.contender)
                    guard !sharing else { return }
                    scores.add(figures[1], .millisecondsPerGigabit, "stream/cost", in: setting, of: lab.contender)
                }
            }
        }
        return scores.measurements(aim: aim)
    }

    private static func aim(of subject: TrafficScores.Subject) -> Measurement.Aim? {
        let isWithout = subject.setting.hasPrefix(Offloads.off.rawValue)
        guard subject.name != "stream/cost" else { return isWithout ? .ratioAtMost(0.65) : nil }
        return .ratioAtLeast(isWithout ? 1.5 : 0.95)
    }
}
