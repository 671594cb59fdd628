// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Rendering

/// Tells on a terminal's standard error how far long work has come, in one line that goes with the value.
///
/// Silent where standard error is no terminal, with `--quiet`, and while the work is young.
final class Progress {
    private let activity: String
    private let total: Int?
    private let errors: any OutputSink
    /// 0 for never.
    private let columns: Int
    private var done = 0
    private var nextPaint: UInt64
    private var isPainted = false

    /// Nanoseconds before the first paint: what is done by then needs no progress.
    static let patience: UInt64 = 400_000_000
    private static let interval: UInt64 = 100_000_000

    /// - Parameters:
    ///   - activity: what is being done, such as `sweeping`.
    ///   - total: how many steps there are, nil when nobody knows.
    ///   - patience: nanoseconds before the first paint.
    init(
        _ activity: String, of total: Int? = nil, in surroundings: Surroundings, isQuiet: Bool = false,
        patience: UInt64 = Progress.patience
    ) {
        self.activity = activity
        self.total = total
        errors = surroundings.errors
        columns = isQuiet ? 0 : surroundings.errorColumns ?? 0
        nextPaint = MonotonicClock.nanoseconds + patience
    }

    deinit { finish() }

    /// Counts steps that have been done; cheap enough for each of many.
    func advance(by steps: Int = 1) {
        done += steps
        guard columns > 0 else { return }
        let now = MonotonicClock.nanoseconds
        guard now >= nextPaint else { return }
        nextPaint = now + Self.interval
        paint()
    }

    /// Takes the line away, before something else is said.
    func finish() {
        guard isPainted else { return }
        isPainted = false
        write("\r\u{1b}[K")
    }

    private func paint() {
        isPainted = true
        write("\r" + String(Self.line(activity, done, of: total).prefix(columns - 1)) + "\u{1b}[K")
    }

    /// `sweeping: 1200 of 4000 (30%)`.
    static func line(_ activity: String, _ done: Int, of total: Int?) -> String {
        guard let total, total > 0 else { return "\(activity): \(done)" }
        let share = HumanFormat.percentage(UInt64(clamping: done), of: UInt64(clamping: total))
        return "\(activity): \(done) of \(total)" + (share.map { " (\($0))" } ?? "")
    }

    private func write(_ text: String) {
        try? errors.write(Array(text.utf8).span)
    }
}

extension CommandContext {
    /// Begins to tell about long work: see ``Progress``.
    func progress(_ activity: String, of total: Int? = nil) -> Progress {
        Progress(activity, of: total, in: surroundings, isQuiet: renderer.options.quiet)
    }
}
