// SPDX-License-Identifier: Apache-2.0

import Rendering

/// One figure of a benchmark: what was measured, under which conditions, once a round.
struct Measurement {
    enum Unit: String {
        case nanoseconds = "ns"
        case microseconds = "us"
        case milliseconds = "ms"
        case perSecond = "1/s"
        case gigabitsPerSecond = "Gbit/s"
        /// Processor time of the whole machine for a gigabit of payload.
        case millisecondsPerGigabit = "ms/Gbit"
        case bytes = "B"
        case mebibytes = "MiB"
        /// A quotient of two figures.
        case times = "x"
    }

    /// What the project has promised of a figure.
    enum Aim {
        /// Of the median itself, in the measurement's unit.
        case atMost(Double)
        /// Of the median of the rounds' ratios to the reference.
        case ratioAtMost(Double)
        case ratioAtLeast(Double)
    }

    /// What is measured: a program and a path, or a kind of traffic.
    let subject: String
    /// The conditions: family, number of services, MTU.
    let setting: String
    /// Whose figure it is, where several are compared: `linux`, `iptables`, `nftables`, `ebpfctl`.
    var contender: String?
    let unit: Unit
    /// One a round, in the order of the rounds; never empty.
    let samples: [Double]
    /// What the ratio is taken to, round by round: the floor, or the plain Linux path. Empty without one.
    var reference: [Double] = []
    var aim: Aim?

    var median: Double { Self.median(of: samples) }

    /// The median of the ratios within each round, so that a slow moment of the machine concerns both sides.
    var ratio: Double? {
        let ratios = zip(samples, reference).filter { $1 > 0 }.map { $0 / $1 }
        return ratios.isEmpty ? nil : Self.median(of: ratios)
    }

    /// nil where nothing was promised.
    var isMet: Bool? {
        switch aim {
        case nil: nil
        case .atMost(let limit): median <= limit
        case .ratioAtMost(let limit): ratio.map { $0 <= limit }
        case .ratioAtLeast(let limit): ratio.map { $0 >= limit }
        }
    }

    static func median(of samples: [Double]) -> Double {
        guard !samples.isEmpty else { return 0 }
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

extension Measurement.Aim: CustomStringConvertible {
    var description: String {
        switch self {
        case .atMost(let limit): "<=\(figure(limit))"
        case .ratioAtMost(let limit): "<=\(figure(limit))x"
        case .ratioAtLeast(let limit): ">=\(figure(limit))x"
        }
    }
}

extension Measurement: Presentable {
    static let kind = "Measurement"

    static var columns: [Column] {
        [
            Column("SUBJECT", isWhole: true), Column("SETTING", isWhole: true), Column("CONTENDER", isWhole: true),
            Column("MEDIAN", .right), Column("LOW", .right), Column("HIGH", .right), Column("UNIT"),
            Column("RATIO", .right), Column("AIM"), Column("MET"),
        ]
    }

    var resourceName: String { [subject, setting, contender].compactMap(\.self).joined(separator: "/") }

    func cells(_ row: inout RowWriter) {
        row.cell(subject)
        row.cell(setting)
        row.cell(contender)
        row.cell(figure(median))
        row.cell(samples.min().map(figure))
        row.cell(samples.max().map(figure))
        row.cell(unit.rawValue)
        row.cell(ratio.map(figure))
        row.cell(aim.map { "\($0)" })
        row.cell(isMet.map { $0 ? "yes" : "no" }, isMet == false ? .bad : .plain)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("subject", subject)
        object.string("setting", setting)
        object.string("contender", contender)
        object.string("unit", unit.rawValue)
        object.number("median", median)
        if let low = samples.min(), let high = samples.max() {
            object.number("low", low)
            object.number("high", high)
        }
        object.integer("rounds", samples.count)
        if let ratio { object.number("ratio", ratio) }
        if let aim { object.string("aim", "\(aim)") }
        if let isMet { object.bool("met", isMet) }
    }
}

/// Three significant digits, as many as a figure of these benchmarks has.
func figure(_ value: Double) -> String {
    let digits = value.magnitude >= 100 ? 0 : value.magnitude >= 10 ? 1 : value.magnitude >= 1 ? 2 : 3
    let scale = [1.0, 10, 100, 1000][digits]
    let scaled = Int((value * scale).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let (whole, rest) = (abs(scaled) / Int(scale), abs(scaled) % Int(scale))
    let fraction = String(repeating: "0", count: digits - "\(rest)".count) + "\(rest)"
    return "\(scaled < 0 ? "-" : "")\(whole).\(fraction)"
}
