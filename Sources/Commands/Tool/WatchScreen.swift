// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Glibc
import LinuxSystem
import Rendering

/// A watched list on a terminal, which it gives back as it was.
struct WatchScreen<Row: WatchedRow> {
    private let screen: Surroundings.Screen
    private let surroundings: Surroundings
    private let renderer: Renderer
    /// The command, for the line above the table.
    private let title: String

    private enum Event {
        case due
        case resized
        case stopped
        case ended
    }

    init(_ screen: Surroundings.Screen, _ context: CommandContext) {
        self.screen = screen
        surroundings = context.surroundings
        renderer = context.renderer
        title = context.invocation.command.path
    }

    /// Until SIGINT, SIGTERM, SIGHUP, the key `q` or the terminal's end.
    mutating func run(every interval: Duration, look: (Int?) throws -> WatchSample<Row>) throws {
        let signals = try SignalWatcher([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP])
        let keyboard = QuietKeyboard(screen.keyboard)
        try write(LiveView.begin)
        // Also when a look fails: what is said then belongs on the screen that stays.
        defer { try? write(LiveView.end) }
        while true {
            let pace = WatchPace(interval)
            let sample = try look(max(size.rows, 100))
            try paint(sample, interval)
            let next = pace.next
            waiting: while true {
                switch try wait(signals, keyboard, until: next) {
                case .due: break waiting
                case .ended: return
                case .resized: try paint(sample, interval)
                case .stopped:
                    try stop(keyboard)
                    try paint(sample, interval)
                }
            }
        }
    }

    private var size: Terminal.Size { screen.size() ?? Terminal.Size(columns: 80, rows: 24) }

    private func paint(_ sample: WatchSample<Row>, _ interval: Duration) throws(OutputError) {
        let size = size
        let clock = UTCTime(secondsSince1970: UInt64(clamping: WallClock.seconds)).text
        let frame = LiveView.Frame(
            caption: "\(title): \(sample.total), every \(interval.text), \(clock)", total: sample.total,
            columns: size.columns, lines: size.rows)
        try renderer.paint(LiveView.picture(frame, sample.rows, renderer.options))
    }

    private func wait(
        _ signals: borrowing SignalWatcher, _ keyboard: borrowing QuietKeyboard, until deadline: Deadline
    ) throws -> Event {
        let sources = [signals.descriptor] + (keyboard.readable.map { [$0] } ?? [])
        let ready = try surroundings.wait(for: sources, until: deadline)
        if ready[0], let signal = try signals.next() {
            return signal == SIGWINCH ? .resized : signal == SIGTSTP ? .stopped : .ended
        }
        guard ready.count > 1, ready[1] else { return .due }
        // Any key looks at once; the end of input is nobody there any more.
        let key = keyboard.key()
        return key == nil || key == UInt8(ascii: "q") ? .ended : .due
    }

    /// Ctrl-Z: the shell has the terminal until the process goes on.
    private func stop(_ keyboard: borrowing QuietKeyboard) throws(OutputError) {
        keyboard.release()
        try write(LiveView.end)
        kill(getpid(), SIGSTOP)
        keyboard.silence()
        try write(LiveView.begin)
    }

    private func write(_ text: String) throws(OutputError) { try renderer.paint(Array(text.utf8)) }
}
