// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends `text` in double quotes, so that a JSON and a YAML reader both give it back unchanged.
    ///
    /// Escaped beyond JSON's own rules: what YAML calls unprintable or a line break, and what could steer a terminal.
    package mutating func appendQuoted(_ text: String) {
        let source = text.utf8Span.span
        var isPlain = true
        append(addingCapacity: source.count + 2) { output in
            output.append(UInt8(ascii: "\""))
            for index in source.indices {
                output.append(source[index])
                isPlain = isPlain && isUnescaped(source[index])
            }
            output.append(UInt8(ascii: "\""))
        }
        if !isPlain {
            removeLast(source.count + 1)
            appendEscaped(text)
        }
    }

    /// Appends what `write` appends, in double quotes and escaped; bytes that are not UTF-8 become U+FFFD.
    package mutating func appendQuoted(writtenBy write: (inout [UInt8]) -> Void) {
        append(UInt8(ascii: "\""))
        let start = count
        write(&self)
        if isPlain(from: start) {
            append(UInt8(ascii: "\""))
        } else {
            let text = String(decoding: self[start...], as: UTF8.self)
            removeSubrange(start...)
            appendEscaped(text)
        }
    }

    private func isPlain(from start: Int) -> Bool {
        let bytes = span.extracting(droppingFirst: start)
        for index in bytes.indices where !isUnescaped(bytes[index]) { return false }
        return true
    }

    /// Appends the text and the closing quote.
    private mutating func appendEscaped(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: append(contentsOf: [UInt8(ascii: "\\"), UInt8(truncatingIfNeeded: scalar.value)])
            case 0x08: append(contentsOf: #"\b"#.utf8)
            case 0x09: append(contentsOf: #"\t"#.utf8)
            case 0x0a: append(contentsOf: #"\n"#.utf8)
            case 0x0c: append(contentsOf: #"\f"#.utf8)
            case 0x0d: append(contentsOf: #"\r"#.utf8)
            case 0x00..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069, 0xfeff, 0xfffe, 0xffff:
                appendUnicodeEscape(scalar.value)
            default: append(contentsOf: String(scalar).utf8)
            }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendUnicodeEscape(_ value: UInt32) {
        append(contentsOf: #"\u"#.utf8)
        for shift in [12, 8, 4, 0] as [UInt32] {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

/// Printable ASCII that stands for itself between double quotes.
private func isUnescaped(_ byte: UInt8) -> Bool {
    byte &- 0x20 < 0x5f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
}
