// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import LinuxSystem

/// The waiting of `disable --drain`: shows how many connections are left, and ends on Ctrl-C.
final class DrainWait {
    private let signals: SignalWatcher
    private let line: StatusLine
    private let deadline: Deadline
    private let end: UInt64

    /// How often the tracked connections are counted.
    private static let interval = Duration.milliseconds(500)

    init(for duration: Duration, _ context: CommandContext) throws {
        signals = try SignalWatcher()
        line = StatusLine(context)
        deadline = Deadline(after: duration)
        end = MonotonicClock.nanoseconds + UInt64(max(0, duration / .nanoseconds(1)))
    }

    var plan: DrainPlan {
        DrainPlan(until: deadline) { [self] (left) throws(DataplaneError) in
            let now = MonotonicClock.nanoseconds
            let rest = Duration.nanoseconds(end > now ? end - now : 0)
            line.show("\(Self.text(left)) left, \(Duration.seconds(rest.components.seconds).text) to go")
            do throws(SystemError) {
                return try signals.wait(until: Deadline(after: min(Self.interval, rest))) == nil
            } catch {
                throw .system(error)
            }
        }
    }

    /// Takes the line away.
    func finish() { line.clear() }

    static func text(_ connections: Int) -> String {
        connections == 1 ? "1 connection" : "\(connections) connections"
    }
}
