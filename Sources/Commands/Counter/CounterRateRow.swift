// SPDX-License-Identifier: Apache-2.0

import Dataplane
import LinuxSystem
import Rendering

/// One reason and how fast it is counted, as `counter list --watch` shows it.
struct CounterRateRow: WatchedRow {
    let counter: CounterRow
    /// Nil at the first look, which has nothing to compare with.
    let packetsPerSecond: Double?

    static var kind: String { CounterRow.kind }

    static var columns: [Column] { CounterRow.columns + [Column("PACKETS/S", .right)] }

    var resourceName: String { counter.resourceName }

    var identity: CounterReason { counter.reading.reason }

    func isUnchanged(since earlier: CounterRateRow) -> Bool { counter.reading == earlier.counter.reading }

    func cells(_ row: inout RowWriter) {
        counter.cells(&row)
        row.cell(packetsPerSecond.map(HumanFormat.rate), counter.tone)
    }

    func fields(_ object: inout ObjectWriter) {
        counter.fields(&object)
        if let packetsPerSecond {
            object.number("packetsPerSecond", packetsPerSecond.toThousandths)
        } else {
            object.null("packetsPerSecond")
        }
    }
}

/// Compares each look at the counters with the one before.
struct CounterMeter {
    private var last: (moment: UInt64, packets: [CounterReason: UInt64])?

    /// The most frequent first, then the most counted.
    mutating func rows(_ readings: [CounterReading], at moment: UInt64 = MonotonicClock.nanoseconds) -> [CounterRateRow]
    {
        let before = last
        last = (moment, Dictionary(uniqueKeysWithValues: readings.map { ($0.reason, $0.packets) }))
        let rows = readings.map { reading in
            // After a reset a counter is smaller than it was.
            let rate = before.map { before in
                Double(reading.packets - min(before.packets[reading.reason] ?? 0, reading.packets))
                    / max(Double(moment - before.moment) / 1e9, 0.001)
            }
            return CounterRateRow(counter: CounterRow(reading: reading), packetsPerSecond: rate)
        }
        return rows.sorted { one, other in
            let rates = (one.packetsPerSecond ?? 0, other.packetsPerSecond ?? 0)
            let counts = (one.counter.reading.packets, other.counter.reading.packets)
            if rates.0 != rates.1 { return rates.0 > rates.1 }
            return counts.0 == counts.1
                ? one.counter.reading.reason.rawValue < other.counter.reading.reason.rawValue : counts.0 > counts.1
        }
    }
}
