// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Rendering

/// Tells on a terminal's standard error how far long work has come, in a ``StatusLine`` that waits until the work
/// has taken a while.
final class Progress {
    /// What is counted, and so how it is written.
    enum Unit {
        case steps, bytes
    }

    private let activity: String
    private let total: Int?
    private let unit: Unit
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
        _ activity: String, of total: Int? = nil, unit: Unit = .steps, in surroundings: Surroundings,
        isQuiet: Bool = false, patience: UInt64 = Progress.patience
    ) {
        self.activity = activity
        self.total = total
        self.unit = unit
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
        line.show(Self.line(activity, done, of: total, unit))
    }

    /// Takes the line away, before something else is said.
    func finish() { line.clear() }

    /// `sweeping: 1200 of 4000 (30%)`, `reading: 41MiB`.
    static func line(_ activity: String, _ done: Int, of total: Int?, _ unit: Unit = .steps) -> String {
        func text(_ count: Int) -> String { unit == .bytes ? HumanFormat.bytes(UInt64(clamping: count)) : "\(count)" }
        guard let total, total > 0 else { return "\(activity): \(text(done))" }
        let share = HumanFormat.percentage(UInt64(clamping: done), of: UInt64(clamping: total))
        return "\(activity): \(text(done)) of \(text(total))" + (share.map { " (\($0))" } ?? "")
    }
}

extension CommandContext {
    /// Begins to tell about long work: see ``Progress``.
    func progress(_ activity: String, of total: Int? = nil, unit: Progress.Unit = .steps) -> Progress {
        Progress(activity, of: total, unit: unit, in: surroundings, isQuiet: renderer.options.quiet)
    }
}
