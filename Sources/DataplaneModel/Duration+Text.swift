// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// What operators may write at most; keeps every sum of nanoseconds within 64 bits.
    package static let maximumText = Duration.seconds(36_500 * 86_400)

    /// Reads `250ms`, `10s`, `5m`, `3h`, `7d` and sums such as `1h30m`: each unit once, from large to small.
    package init(text: String) throws(DurationParseError) {
        var rest = text[...].utf8
        var units = durationUnits[...]
        var milliseconds: Int64 = 0
        repeat {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest[digits.endIndex...]
            let symbol = rest.prefix { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
            rest = rest[symbol.endIndex...]
            guard let unit = units.first(where: { $0.symbol.utf8.elementsEqual(symbol) }), !digits.isEmpty else {
                throw .malformed(text)
            }
            units = units.filter { $0.milliseconds < unit.milliseconds }[...]
            guard let count = Int64(Substring(digits)), count <= Self.maximumText.milliseconds / unit.milliseconds
            else {
                throw .tooLong(text)
            }
            milliseconds += count * unit.milliseconds
        } while !rest.isEmpty
        self = .milliseconds(milliseconds)
        guard self <= Self.maximumText else { throw .tooLong(text) }
    }

    /// The form ``init(text:)`` reads, cut to whole milliseconds: `1h30m`, `250ms`, `0s`; a negative one has a `-`.
    package var text: String {
        var rest = milliseconds
        guard rest != 0 else { return "0s" }
        var text = rest < 0 ? "-" : ""
        for unit in durationUnits where rest / unit.milliseconds != 0 {
            text += "\((rest / unit.milliseconds).magnitude)\(unit.symbol)"
            rest %= unit.milliseconds
        }
        return text
    }

    private var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        return whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}

private let durationUnits: [(symbol: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
]
