// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Rendering

/// The options of commands that can repeat what they list, and what they share in their manuals.
enum Watch {
    static let option = OptionSpec("watch", "Repeat until Ctrl-C: repaint a terminal, else print what changes")
    static let interval = OptionSpec(
        "interval", value: ValueSpec("DURATION", default: "2s"), requires: [option.name], "Time between two looks")

    static let options = [option, interval]

    static let details = """
        With --watch, a terminal is repainted until Ctrl-C or 'q'. Elsewhere, and for documents and names, a line tells \
        of each row that was added, has changed or is gone since the last look, at first of all; JSON is then one \
        document a line, YAML one after each '---'.
        """

    /// The shortest interval: looking takes time, too.
    static let shortest = Duration.milliseconds(100)
    static let standard = Duration.seconds(2)

    /// Reads the value of `--interval`.
    static func interval(_ text: String) throws -> Duration {
        let interval = try Duration(text: text)
        guard interval >= shortest else { throw NumberError.tooShort(text, shortest) }
        return interval
    }
}

/// A row that can be told from the others and compared with what it was.
protocol WatchedRow: Presentable {
    associatedtype Identity: Hashable
    var identity: Identity { get }
    /// True when there is nothing new to tell; that time passes is not new.
    func isUnchanged(since earlier: Self) -> Bool
}

/// What one look has found.
struct WatchSample<Row: WatchedRow> {
    /// In the order in which they are shown; at least as many as were asked for, if there are so many.
    var rows: [Row]
    var total: Int

    init(_ rows: [Row], total: Int? = nil) {
        self.rows = rows
        self.total = total ?? rows.count
    }
}

extension CommandContext {
    /// Nil when `--watch` was not given.
    func watchInterval() throws(CommandError) -> Duration? {
        let interval = try invocation.option(Watch.interval.name, read: Watch.interval)
        return invocation.flag(Watch.option.name) ? interval ?? Watch.standard : nil
    }

    /// Looks again and again until a signal ends it, which is no failure.
    ///
    /// - Parameter look: what there is now; its argument is how many rows suffice, nil for all of them.
    func watch<Row: WatchedRow>(
        every interval: Duration, look: (_ limit: Int?) throws -> WatchSample<Row>
    ) throws -> ExitCode {
        if let screen = surroundings.screen, [.table, .wide].contains(renderer.options.effectiveFormat) {
            var view = WatchScreen<Row>(screen, self)
            try view.run(every: interval, look: look)
        } else {
            var log = WatchLog<Row>(renderer)
            try log.run(every: interval, in: surroundings, look: look)
        }
        return .success
    }
}
