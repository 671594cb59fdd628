// SPDX-License-Identifier: Apache-2.0

/// Short forms for people, without spaces and without a locale; documents carry the exact numbers.
package enum HumanFormat {
    /// An age: `0.3s`, `4.5s`, `45s`, `2m`, `3h`, `5d`; rounded down, zero if negative.
    package static func age(_ duration: Duration) -> String {
        let (seconds, attoseconds) = max(duration, .zero).components
        let tenths = attoseconds / 100_000_000_000_000_000
        return switch seconds {
        case ..<10: tenths == 0 ? "\(seconds)s" : "\(seconds).\(tenths)s"
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m"
        case ..<86400: "\(seconds / 3600)h"
        default: "\(seconds / 86400)d"
        }
    }

    /// A size in binary units: `512B`, `1.5KiB`, `64MiB`; rounded down, one decimal below 10.
    package static func bytes(_ count: UInt64) -> String {
        count < 1024 ? "\(count)B" : scaled(count, by: 1024, units: ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    /// A count in decimal units: `999`, `1.2k`, `64k`, `1M`; rounded down, one decimal below 10.
    package static func count(_ number: UInt64) -> String {
        number < 1000 ? "\(number)" : scaled(number, by: 1000, units: ["k", "M", "G", "T", "P", "E"])
    }

    /// A rate: `0`, `0.5`, `9.9`, `64`, `1.2k`; rounded down, one decimal below 10.
    package static func rate(_ perSecond: Double) -> String {
        let tenths = UInt64(max(0, min(perSecond, 1e18)) * 10)
        guard tenths < 100 else { return count(tenths / 10) }
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// A rate of bytes in binary units: `0B`, `512B`, `1.5KiB`; rounded down.
    package static func byteRate(_ perSecond: Double) -> String {
        bytes(UInt64(max(0, min(perSecond, 1e18))))
    }

    /// A share: `0%`, `<0.1%`, `12.5%`, `100%`; rounded down, so that 100 % means full. Nil if there is no whole.
    package static func percentage(_ part: UInt64, of whole: UInt64) -> String? {
        guard whole > 0 else { return nil }
        let (high, low) = part.multipliedFullWidth(by: 1000)
        guard high < whole else { return nil }
        let permille = whole.dividingFullWidth((high, low)).quotient
        if permille == 0 { return part == 0 ? "0%" : "<0.1%" }
        return permille % 10 == 0 ? "\(permille / 10)%" : "\(permille / 10).\(permille % 10)%"
    }

    private static func scaled(_ number: UInt64, by base: UInt64, units: [String]) -> String {
        var divisor = base
        var unit = 0
        while number / divisor >= base, unit + 1 < units.count {
            divisor *= base
            unit += 1
        }
        let tenth = number % divisor * 10 / divisor
        let isShort = number / divisor < 10 && tenth > 0
        return isShort ? "\(number / divisor).\(tenth)\(units[unit])" : "\(number / divisor)\(units[unit])"
    }
}
