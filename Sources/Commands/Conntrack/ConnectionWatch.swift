// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

/// Looks at the connections again and again, and compares those that it shows.
struct ConnectionWatch {
    let filter: ConnectionFilter
    let order: ConnectionOrder?
    let limit: Int?
    private var meter = ConnectionMeter()

    init(filter: ConnectionFilter, order: ConnectionOrder?, limit: Int?) {
        self.filter = filter
        self.order = order
        self.limit = limit
    }

    /// - Parameter rows: how many suffice, nil for all.
    mutating func look(_ context: CommandContext, rows: Int?) throws -> WatchSample<ConnectionRateRow> {
        let store = try context.reading().connections()
        try ConnectionSelection.check(filter, store)
        let order = order
        var ranking = Ranking<ConnectionRateRow>(limit: [rows, limit].compactMap(\.self).min()) { one, other in
            order.map { $0.ranks(one.row.connection, before: other.row.connection) } ?? one.isBusier(than: other)
        }
        var total = 0
        meter.begin(at: MonotonicClock.nanoseconds)
        try store.forEach(matching: filter) { connection in
            total += 1
            ranking.add(
                ConnectionRateRow(row: ConnectionRow(connection: connection), bytesPerSecond: meter.rate(connection)))
        }
        return WatchSample(ranking.ranked(), total: min(total, limit ?? .max))
    }
}

/// How fast connections are, by what they had carried at the look before; remembers some 30 bytes for each.
struct ConnectionMeter {
    private var before: [Int: UInt64] = [:]
    private var now: [Int: UInt64] = [:]
    private var last: UInt64?
    private var elapsed: Duration?

    /// - Parameter moment: on the monotonic clock, in nanoseconds.
    mutating func begin(at moment: UInt64) {
        elapsed = last.map { .nanoseconds(moment - $0) }
        last = moment
        before = now
        now = Dictionary(minimumCapacity: before.count)
    }

    /// Bytes a second since the last look, or since a younger connection began; nil where there is nothing to compare.
    mutating func rate(_ connection: Connection) -> Double? {
        let (identity, bytes) = (connection.key.hashValue, connection.total.bytes)
        now[identity] = bytes
        guard let elapsed else { return nil }
        if before[identity] == nil, let age = connection.age, age > elapsed { return nil }
        // A connection that comes later with the same tuple has carried less.
        let known = before[identity] ?? 0
        return Double(known > bytes ? bytes : bytes - known) / max(elapsed / .seconds(1), 0.001)
    }
}

/// A connection and how fast it is, as `conntrack list --watch` shows it.
struct ConnectionRateRow: WatchedRow {
    let row: ConnectionRow
    /// Of both directions; nil at the first look.
    let bytesPerSecond: Double?

    static var kind: String { ConnectionRow.kind }

    static var columns: [Column] { ConnectionRow.columns + [Column("BYTES/S", .right)] }

    var resourceName: String { row.resourceName }

    var identity: ConnectionKey { row.connection.key }

    /// By what it carries now; where that is equal, or not known yet, by what it has carried.
    func isBusier(than other: ConnectionRateRow) -> Bool {
        let rates = (bytesPerSecond ?? 0, other.bytesPerSecond ?? 0)
        return rates.0 == rates.1
            ? ConnectionOrder.bytes.ranks(row.connection, before: other.row.connection) : rates.0 > rates.1
    }

    func isUnchanged(since earlier: ConnectionRateRow) -> Bool {
        let (now, then) = (row.connection, earlier.row.connection)
        return now.state == then.state && now.forward == then.forward && now.reply == then.reply
            && now.backend == then.backend && now.flags == then.flags
    }

    func cells(_ writer: inout RowWriter) {
        row.cells(&writer)
        writer.cell(bytesPerSecond.map(HumanFormat.byteRate), bytesPerSecond ?? 0 > 0 ? .good : .dim)
    }

    func fields(_ object: inout ObjectWriter) {
        row.fields(&object)
        if let bytesPerSecond {
            object.number("bytesPerSecond", bytesPerSecond.toThousandths)
        } else {
            object.null("bytesPerSecond")
        }
    }
}
