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
    /// What the rows of the last look had carried.
    private var last: (moment: UInt64, bytes: [ConnectionKey: UInt64])?

    init(filter: ConnectionFilter, order: ConnectionOrder?, limit: Int?) {
        self.filter = filter
        self.order = order
        self.limit = limit
    }

    /// - Parameter rows: how many suffice, nil for all.
    mutating func look(_ context: CommandContext, rows: Int?) throws -> WatchSample<ConnectionRateRow> {
        let store = try context.reading().connections()
        try ConnectionSelection.check(filter, store)
        let moment = MonotonicClock.nanoseconds
        var ranking = ConnectionRanking(order ?? .bytes, limit: [rows, limit].compactMap(\.self).min())
        var total = 0
        try store.forEach(matching: filter) { connection in
            total += 1
            ranking.add(connection)
        }
        let connections = ranking.ranked()
        let before = last
        last = (moment, Dictionary(connections.map { ($0.key, $0.total.bytes) }) { first, _ in first })
        let sample = connections.map { connection in
            let rate = before.flatMap { before in
                before.bytes[connection.key].map { bytes in
                    Double(connection.total.bytes - min(bytes, connection.total.bytes))
                        / max(Double(moment - before.moment) / 1e9, 0.001)
                }
            }
            return ConnectionRateRow(row: ConnectionRow(connection: connection), bytesPerSecond: rate)
        }
        return WatchSample(sample, total: min(total, limit ?? .max))
    }
}

/// A connection and how fast it is, as `conntrack list --watch` shows it.
struct ConnectionRateRow: WatchedRow {
    let row: ConnectionRow
    /// Of both directions; nil when the last look did not show it.
    let bytesPerSecond: Double?

    static var kind: String { ConnectionRow.kind }

    static var columns: [Column] { ConnectionRow.columns + [Column("BYTES/S", .right)] }

    var resourceName: String { row.resourceName }

    var identity: ConnectionKey { row.connection.key }

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
