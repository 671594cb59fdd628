// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends `number` in decimal without making a `String`; numbers beyond 64 bits are clamped.
    package mutating func appendDecimal(_ number: some FixedWidthInteger) {
        appendDecimal(magnitude: UInt64(clamping: number.magnitude), isNegative: number < 0)
    }

    // Overloads for the types of large tables: a generic is not specialised across modules.

    package mutating func appendDecimal(_ number: Int) {
        appendDecimal(magnitude: UInt64(number.magnitude), isNegative: number < 0)
    }

    package mutating func appendDecimal(_ number: UInt64) {
        appendDigits(of: number, atLeast: 1)
    }

    private mutating func appendDecimal(magnitude: UInt64, isNegative: Bool) {
        if isNegative { append(UInt8(ascii: "-")) }
        appendDigits(of: magnitude, atLeast: 1)
    }

    /// Appends seconds with three decimals or, `toMicroseconds`, six, rounded towards zero, or none if whole.
    mutating func appendSeconds(_ duration: Duration, toMicroseconds: Bool = false) {
        let (seconds, attoseconds) = duration.components
        let microseconds = (attoseconds / 1_000_000_000_000).magnitude
        let isWhole = microseconds < (toMicroseconds ? 1 : 1000)
        appendDecimal(magnitude: UInt64(seconds.magnitude), isNegative: seconds < 0 || (attoseconds < 0 && !isWhole))
        guard !isWhole else { return }
        append(UInt8(ascii: "."))
        appendDigits(of: UInt64(microseconds / 1000), atLeast: 3)
        if toMicroseconds { appendDigits(of: UInt64(microseconds % 1000), atLeast: 3) }
    }

    /// Appends the digits of `number`, with leading zeros up to `minimum` (at most 4) of them.
    private mutating func appendDigits(of number: UInt64, atLeast minimum: Int) {
        append(addingCapacity: 20) { output in output.appendDigits(of: number, atLeast: minimum) }
    }
}

extension OutputSpan<UInt8> {
    /// Four digits at a time: dividing by constants is several times faster than by a variable.
    fileprivate mutating func appendDigits(of number: UInt64, atLeast minimum: Int) {
        var minimum = minimum
        if number >= 10_000 {
            appendDigits(of: number / 10_000, atLeast: 1)
            minimum = 4
        }
        let group = UInt32(truncatingIfNeeded: number % 10_000)
        if group >= 1000 || minimum >= 4 { appendDigit(group / 1000) }
        if group >= 100 || minimum >= 3 { appendDigit(group / 100 % 10) }
        if group >= 10 || minimum >= 2 { appendDigit(group / 10 % 10) }
        appendDigit(group % 10)
    }

    private mutating func appendDigit(_ digit: UInt32) {
        append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit))
    }
}
