// SPDX-License-Identifier: Apache-2.0

/// A moment as RFC 3339 writes it, in UTC: `2026-03-01T12:00:00Z`.
struct UTCTime: Hashable, Sendable {
    let secondsSince1970: UInt64
    /// Below a second.
    var nanoseconds: UInt64 = 0

    var text: String { "\(dateAndClock)Z" }

    /// With microseconds: `2026-03-01T12:00:00.000123Z`.
    var preciseText: String { "\(dateAndClock).\(Self.padded(Int64(nanoseconds / 1000), 6))Z" }

    /// Without the date, with milliseconds: `12:00:00.000`.
    var clock: String { "\(dateAndClock.suffix(8)).\(Self.padded(Int64(nanoseconds / 1_000_000), 3))" }

    private var dateAndClock: String {
        let days = Int64(clamping: secondsSince1970 / 86_400)
        let (year, month, day) = Self.date(ofDay: days)
        let second = Int64(secondsSince1970 % 86_400)
        let clockText = [second / 3600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(clockText)"
    }

    init(secondsSince1970: UInt64) {
        self.secondsSince1970 = secondsSince1970
    }

    init(nanosecondsSince1970: UInt64) {
        secondsSince1970 = nanosecondsSince1970 / 1_000_000_000
        nanoseconds = nanosecondsSince1970 % 1_000_000_000
    }

    /// Civil date in the Gregorian calendar, counted in eras of 400 years that begin on 1 March.
    private static func date(ofDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }

    private static func padded(_ number: Int64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
