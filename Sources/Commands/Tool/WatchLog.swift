// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Rendering

/// A watched list as events, for output that is no terminal and for documents.
struct WatchLog<Row: WatchedRow>: ~Copyable {
    private var stream: EventStream<Row>
    /// As they were last told.
    private var known: [Row.Identity: Row] = [:]

    init(_ renderer: Renderer) {
        stream = renderer.events(of: Row.self)
    }

    /// Until SIGINT, SIGTERM, or the end of whoever reads the output.
    mutating func run(
        every interval: Duration, in surroundings: Surroundings, look: (Int?) throws -> WatchSample<Row>
    ) throws {
        let signals = try SignalWatcher()
        repeat {
            let pace = WatchPace(interval)
            try tell(look(nil).rows)
            if try surroundings.wait(for: [signals.descriptor], until: pace.next)[0], try signals.next() != nil {
                return
            }
        } while true
    }

    /// Prints what is new of these, and which of the known ones are not among them.
    mutating func tell(_ rows: [Row]) throws(OutputError) {
        var missing = known
        for row in rows {
            let earlier = missing.removeValue(forKey: row.identity)
            if let earlier, row.isUnchanged(since: earlier) { continue }
            known[row.identity] = row
            try stream.append(RowEvent(earlier == nil ? .added : .changed, row))
        }
        for (identity, row) in missing.sorted(by: { $0.value.resourceName < $1.value.resourceName }) {
            known[identity] = nil
            try stream.append(RowEvent(.gone, row))
        }
        try stream.flush()
    }
}

/// When the next look is due.
struct WatchPace {
    private let interval: Duration
    private let start = MonotonicClock.nanoseconds

    init(_ interval: Duration) {
        self.interval = interval
    }

    /// The interval after the last look began, but not before a look's time has passed since it ended: a table that
    /// takes long to read does not keep a processor busy.
    var next: Deadline {
        let taken = Duration.nanoseconds(MonotonicClock.nanoseconds - start)
        return Deadline(after: max(interval - taken, taken))
    }
}
