// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Rendering

/// Tells on a terminal's standard error how far long work has come, in a ``StatusLine`` that waits until the work
/// has taken a while.
final class Progress {
    private let activity: String
    private let total: Int?
    private let line: StatusLine
    private var done = 0
    private var nextPaint: UInt64

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
        line = StatusLine(surroundings, isQuiet: isQuiet)
        nextPaint = MonotonicClock.nanoseconds + patience
    }

    /// Counts steps that have been done; cheap enough for each of many.
    func advance(by steps: Int = 1) {
        done += steps
        guard !line.isSilent else { return }
        let now = MonotonicClock.nanoseconds
        guard now >= nextPaint else { return }
        nextPaint = now + Self.interval
        line.show(Self.line(activity, done, of: total))
    }

    /// Takes the line away, before something else is said.
    func finish() { line.clear() }

    /// `sweeping: 1200 of 4000 (30%)`.
    static func line(_ activity: String, _ done: Int, of total: Int?) -> String {
        guard let total, total > 0 else { return "\(activity): \(done)" }
        let share = HumanFormat.percentage(UInt64(clamping: done), of: UInt64(clamping: total))
        return "\(activity): \(done) of \(total)" + (share.map { " (\($0))" } ?? "")
    }
}

extension CommandContext {
    /// Begins to tell about long work: see ``Progress``.
    func progress(_ activity: String, of total: Int? = nil) -> Progress {
        Progress(activity, of: total, in: surroundings, isQuiet: renderer.options.quiet)
    }
}
