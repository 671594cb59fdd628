// SPDX-License-Identifier: Apache-2.0

/// What a scalar means.
package enum ScalarValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int128)
    case float(Double)
    case string(String)

    /// Reads a scalar without quotes as Kubernetes does: the words and octals of YAML 1.1, but no base-60 numbers.
    ///
    /// Dates stay strings. Source of the rules: `goyaml.v2/resolve.go` of sigs.k8s.io/yaml.
    package init(plain text: String) {
        if let number = Self.small(text) {
            self = .integer(number)
        } else if text.utf8.count <= Self.longestWord, let word = Self.word(text) {
            self = word
        } else if let first = text.utf8.first, "0123456789+-.".utf8.contains(first), !Self.isAddress(text) {
            let digits = text.filter { $0 != "_" }
            self = Self.integer(digits) ?? Self.float(digits) ?? .string(text)
        } else {
            self = .string(text)
        }
    }

    /// Decimal digits alone, none of them a leading zero: most of the numbers there are.
    private static func small(_ text: String) -> Int128? {
        let digits = text.utf8
        guard let first = digits.first, first != UInt8(ascii: "0"), digits.count <= 18 else { return nil }
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return Int128(number)
    }

    /// What begins like a number and, with two dots, a colon or a slash, is none.
    private static func isAddress(_ text: String) -> Bool {
        var dots = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "/") { return true }
            if byte == UInt8(ascii: ".") { dots += 1 }
        }
        return dots > 1
    }

    /// Of the words that mean something else than themselves.
    private static let longestWord = 5

    private static func word(_ text: String) -> ScalarValue? {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        case ".nan", ".NaN", ".NAN": .float(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .float(.infinity)
        case "-.inf", "-.Inf", "-.INF": .float(-.infinity)
        default: nil
        }
    }

    /// Decimal, `0x`, `0o`, `0b`, and `0` for octal as in YAML 1.1 (file modes).
    private static func integer(_ text: String) -> ScalarValue? {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        let radix =
            switch digits.prefix(2).lowercased() {
            case "0x": 16
            case "0o": 8
            case "0b": 2
            default: digits.first == "0" && digits.count > 1 ? 0 : 10
            }
        if radix == 0 { digits = digits.dropFirst() } else if radix != 10 { digits = digits.dropFirst(2) }
        guard let first = digits.first, first.isHexDigit else { return nil }
        guard let magnitude = Int128(digits, radix: radix == 0 ? 8 : radix) else { return nil }
        return .integer(isNegative ? -magnitude : magnitude)
    }

    private static func float(_ text: String) -> ScalarValue? {
        var rest = Substring(text)
        if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
        let whole = rest.dropDigits()
        var fraction = 0
        if rest.first == "." {
            rest = rest.dropFirst()
            fraction = rest.dropDigits()
        }
        guard whole + fraction > 0 else { return nil }
        if rest.first == "e" || rest.first == "E" {
            rest = rest.dropFirst()
            if rest.first == "+" || rest.first == "-" { rest = rest.dropFirst() }
            guard rest.dropDigits() > 0 else { return nil }
        }
        guard rest.isEmpty, let number = Double(text), number.isFinite else { return nil }
        return .float(number)
    }
}

extension Substring {
    /// Removes leading ASCII digits and returns how many there were.
    fileprivate mutating func dropDigits() -> Int {
        let digits = utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        self = self[digits.endIndex...]
        return digits.count
    }
}
