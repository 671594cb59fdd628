// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// SplitMix64: everything random in a case follows from the seed and the case's number.
struct Chance: RandomNumberGenerator {
    private var state: UInt64

    init(_ fuzzCase: FuzzCase) {
        state = fuzzCase.seed &+ fuzzCase.number &* 0xD134_2543_DE82_EF95
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `times`.
    mutating func once(in times: UInt64) -> Bool { next() % times == 0 }

    mutating func below(_ end: Int) -> Int { end < 1 ? 0 : Int(next() % UInt64(end)) }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// One case of one kind, which can be run again by itself.
struct FuzzCase: CustomStringConvertible {
    let kind: String
    let number: UInt64
    let seed = FuzzRun.seed

    var description: String { "case \(number) of seed \(seed)" }

    /// Records what is wrong with it, and how to see that again.
    func report(_ problem: String) {
        Issue.record(
            """
            \(kind), \(self): \(problem)
            again: EBPFCTL_SEED=\(seed) EBPFCTL_CASE=\(number) swift test --filter \(kind)
            """)
    }
}

/// What the environment says of a run: `EBPFCTL_SEED` makes the cases others, `EBPFCTL_CASES` scales their number,
/// `EBPFCTL_CASE` picks one. The same cases in every run otherwise.
enum FuzzRun {
    static let seed = variable("EBPFCTL_SEED") ?? 2026
    /// In percent of what a run has.
    static let share = variable("EBPFCTL_CASES") ?? 100

    private static func variable(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// Runs every `workers`-th case of a kind; a crash names the case that it happened in.
    ///
    /// - Returns: how many there were.
    static func cases(
        _ kind: String, _ count: UInt64, worker: UInt64 = 0, of workers: UInt64 = 1, _ body: (FuzzCase) throws -> Void
    ) rethrows {
        CrashReport.install()
        if let only = variable("EBPFCTL_CASE") {
            guard only % workers == worker else { return }
            return try run(FuzzCase(kind: kind, number: only), body)
        }
        for number in stride(from: worker, to: count * share / 100, by: Int(workers)) {
            try run(FuzzCase(kind: kind, number: number), body)
        }
    }

    private static func run(_ fuzzCase: FuzzCase, _ body: (FuzzCase) throws -> Void) rethrows {
        CrashReport.note(fuzzCase)
        defer { CrashReport.forget() }
        try body(fuzzCase)
    }
}
