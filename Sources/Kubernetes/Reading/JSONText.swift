// SPDX-License-Identifier: Apache-2.0

import YAML

/// The characters of a JSON input and the place reached in it.
struct JSONText: ~Copyable {
    private let source: ByteSource
    private var chunk: [UInt8] = []
    private var index = 0
    private var line = 1
    /// What the column is counted from: the index of the line's first byte in this chunk, less than zero if it began
    /// in an earlier one, plus the bytes on the line that continue a character.
    private var lineStart = 0

    init(_ source: ByteSource) {
        self.source = source
        chunk = source.next()
        // The byte order mark that some editors put in front.
        if chunk.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
        lineStart = index
    }

    var mark: Mark { Mark(line: line, column: index - lineStart + 1) }

    /// The byte ahead; nil at the end.
    mutating func peek() -> UInt8? {
        if index == chunk.count { refill() }
        return index < chunk.count ? chunk[index] : nil
    }

    /// Passes the byte ahead.
    mutating func skip() { index += 1 }

    mutating func skipSpace() {
        while true {
            let space = measureSpace(chunk.span, from: index)
            if space.lines > 0 {
                line += space.lines
                lineStart = space.lineStart
            }
            index = space.end
            guard index == chunk.count else { return }
            refill()
            if chunk.isEmpty { return }
        }
    }

    mutating func unexpected(_ expectation: ObjectReadError.Expectation) -> ScanError {
        guard let byte = peek() else { return ScanError(.json(.endOfInput), mark) }
        return ScanError(.json(.unexpected(byte, expectation)), mark)
    }

    /// Appends the string ahead, escapes undone.
    mutating func string(into tape: inout Tape) throws(ScanError) {
        let start = mark
        skip()
        while true {
            let run = measureString(chunk.span, from: index)
            try tape.append(chunk[index..<run.end], start)
            index = run.end
            lineStart += run.continuations
            switch peek() {
            case nil: throw ScanError(.json(.endOfInput), mark)
            case UInt8(ascii: "\""):
                skip()
                return
            case UInt8(ascii: "\\"): try escape(into: &tape)
            case let byte?:
                if byte < 0x20 { throw ScanError(.json(.controlCharacter(byte)), mark) }
            }
        }
    }

    /// A number, `true`, `false` or `null`.
    mutating func word(into tape: inout Tape, _ mark: Mark) throws(ScanError) {
        let start = tape.text.count
        guard let first = peek(), isWordByte(first) else { throw unexpected(.value) }
        while let byte = peek(), isWordByte(byte) {
            guard tape.text.count - start < 400 else { break }
            try tape.append(byte, mark)
            skip()
        }
        let word = tape.text[start...]
        switch first {
        case UInt8(ascii: "n") where word.elementsEqual("null".utf8): try tape.add(.null, from: start, mark)
        case UInt8(ascii: "t") where word.elementsEqual("true".utf8): try tape.add(.bool, from: start, mark)
        case UInt8(ascii: "f") where word.elementsEqual("false".utf8): try tape.add(.bool, from: start, mark)
        default:
            guard isNumber(word) else { throw ScanError(.json(.number(String(decoding: word, as: UTF8.self))), mark) }
            try tape.add(.number, from: start, mark)
        }
    }

    private mutating func escape(into tape: inout Tape) throws(ScanError) {
        let start = mark
        skip()
        let kind = peek()
        skip()
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): try tape.append(kind ?? 0, start)
        case UInt8(ascii: "b"): try tape.append(0x08, start)
        case UInt8(ascii: "f"): try tape.append(0x0c, start)
        case UInt8(ascii: "n"): try tape.append(0x0a, start)
        case UInt8(ascii: "r"): try tape.append(0x0d, start)
        case UInt8(ascii: "t"): try tape.append(0x09, start)
        case UInt8(ascii: "u"): tape.append(try unicodeEscape(start))
        default: throw ScanError(.json(.escape), start)
        }
    }

    /// What follows `\u`; half of a surrogate pair becomes U+FFFD, as in Go.
    private mutating func unicodeEscape(_ start: Mark) throws(ScanError) -> Unicode.Scalar {
        let first = try hexadecimal(start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, peek() == UInt8(ascii: "\\") else { return "\u{fffd}" }
        skip()
        guard peek() == UInt8(ascii: "u") else { throw ScanError(.json(.escape), start) }
        skip()
        let second = try hexadecimal(start)
        guard 0xdc00..<0xe000 ~= second else { return "\u{fffd}" }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)) ?? "\u{fffd}"
    }

    private mutating func hexadecimal(_ start: Mark) throws(ScanError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw ScanError(.json(.escape), start)
            }
            value = value << 4 | UInt32(digit)
            skip()
        }
        return value
    }

    private mutating func refill() {
        lineStart -= chunk.count
        index = 0
        chunk = source.next()
    }
}

private func measureSpace(_ bytes: borrowing Span<UInt8>, from start: Int) -> (end: Int, lines: Int, lineStart: Int) {
    var (index, lines, lineStart) = (start, 0, 0)
    let count = bytes.count
    while index < count {
        let byte = bytes[index]
        guard byte <= 0x20 else { break }
        if byte == UInt8(ascii: "\n") {
            lines += 1
            lineStart = index + 1
        } else if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t"), byte != UInt8(ascii: "\r") {
            break
        }
        index += 1
    }
    return (index, lines, lineStart)
}

/// The bytes that stand for themselves in a string.
private func measureString(_ bytes: borrowing Span<UInt8>, from start: Int) -> (end: Int, continuations: Int) {
    var (index, continuations) = (start, 0)
    let count = bytes.count
    while index < count {
        let byte = bytes[index]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
        if byte & 0xc0 == 0x80 { continuations += 1 }
        index += 1
    }
    return (index, continuations)
}

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "E"),
        UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
    default: false
    }
}

/// RFC 8259, section 6.
private func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = rest.prefix(while: isDigit)
    guard whole.count == 1 || (whole.count > 1 && whole.first != UInt8(ascii: "0")) else { return false }
    rest = rest.dropFirst(whole.count)
    if rest.first == UInt8(ascii: ".") {
        let fraction = rest.dropFirst().prefix(while: isDigit)
        guard !fraction.isEmpty else { return false }
        rest = rest.dropFirst(1 + fraction.count)
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard !rest.isEmpty else { return false }
        rest = rest.drop(while: isDigit)
    }
    return rest.isEmpty
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
