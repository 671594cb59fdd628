// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// What a run of requests met with.
package struct LabTally: Hashable, Sendable {
    /// Answers by the server's name.
    package private(set) var answers: [String: Int] = [:]

    /// Answers by the address that the server saw the client come from.
    package private(set) var sources: [String: Int] = [:]

    /// Failed requests by the word of ``LabFailure/name``.
    package private(set) var failures: [String: Int] = [:]

    /// Nanoseconds for each answered request, in the order of the run; at most ``sampleLimit``.
    package private(set) var latencies: [UInt64] = []

    package static let sampleLimit = 100_000

    package init() {}

    package var answered: Int { answers.values.reduce(0, +) }
    package var failed: Int { failures.values.reduce(0, +) }

    /// The latency that half of the answered requests did not exceed, in nanoseconds; nil without any.
    package var medianLatency: UInt64? {
        latencies.isEmpty ? nil : latencies.sorted()[(latencies.count - 1) / 2]
    }

    mutating func count(_ answer: LabAnswer, nanoseconds: UInt64) {
        answers[answer.server, default: 0] += 1
        sources["\(answer.peer.address)", default: 0] += 1
        if latencies.count < Self.sampleLimit { latencies.append(nanoseconds) }
    }

    mutating func count(_ failure: LabFailure) {
        failures[failure.name, default: 0] += 1
    }

    /// Adds the counts of another run.
    package mutating func merge(_ other: LabTally) {
        answers.merge(other.answers, uniquingKeysWith: +)
        sources.merge(other.sources, uniquingKeysWith: +)
        failures.merge(other.failures, uniquingKeysWith: +)
        latencies += other.latencies.prefix(Self.sampleLimit - latencies.count)
    }
}

extension LabTally {
    /// One line per count, `answer n1p1 10`, sorted, and one with all latencies: how a client process reports.
    package var lines: [String] {
        func counts(_ label: String, _ table: [String: Int]) -> [String] {
            table.sorted { $0.key < $1.key }.map { "\(label) \($0.key) \($0.value)" }
        }
        return counts("answer", answers) + counts("source", sources) + counts("failure", failures)
            + ["latencies" + latencies.map { " \($0)" }.joined()]
    }

    /// nil unless every line is one of ``lines``.
    package init?(lines: [String]) {
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            guard let label = words.first else { return nil }
            if label == "latencies" {
                let numbers = words.dropFirst().compactMap { UInt64($0) }
                guard numbers.count == words.count - 1 else { return nil }
                latencies = numbers
                continue
            }
            guard words.count == 3, let count = Int(words[2]), count >= 0 else { return nil }
            switch label {
            case "answer": answers[words[1], default: 0] += count
            case "source": sources[words[1], default: 0] += count
            case "failure": failures[words[1], default: 0] += count
            default: return nil
            }
        }
    }
}
