// SPDX-License-Identifier: Apache-2.0

extension [UInt8] {
    /// Appends a YAML string: plain if every reader takes that for this string, in double quotes otherwise.
    package mutating func appendScalar(_ text: String) {
        appendScalar { $0.append(contentsOf: text.utf8) }
    }

    /// Appends as a YAML string what `write` appends.
    mutating func appendScalar(writtenBy write: (inout [UInt8]) -> Void) {
        let start = count
        write(&self)
        if isPlainString(self[start...]) { return }
        let text = String(decoding: self[start...], as: UTF8.self)
        removeSubrange(start...)
        appendQuoted(text)
    }
}

/// Whether YAML 1.1 and 1.2 readers all take `text`, written without quotes in block style, for a string.
///
/// Cautious on purpose: a needless pair of quotes costs nothing, a missing one turns `no` into false.
private func isPlainString(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    guard isLetter(first) || isDigit(first) || first == UInt8(ascii: "/") else { return false }
    guard last != UInt8(ascii: ":"), last != UInt8(ascii: " ") else { return false }
    var previous: UInt8 = 0
    for byte in text {
        if !isPlainCharacter(byte) || (previous == UInt8(ascii: ":") && byte == UInt8(ascii: " ")) { return false }
        previous = byte
    }
    return isDigit(first) ? !looksNumeric(text) : !isReservedWord(text)
}

/// Numbers of every base, base-60 numbers (`1:30`), dates and times; an IP address is none of them.
private func looksNumeric(_ text: ArraySlice<UInt8>) -> Bool {
    var dots = 0
    var previous: UInt8 = 0
    for byte in text {
        switch byte {
        case UInt8(ascii: "."): dots += 1
        case UInt8(ascii: ":") where previous == byte: return false
        case UInt8(ascii: "_"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "-"),
            UInt8(ascii: " "):
            break
        case UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"), UInt8(ascii: "O"): break
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "z"), UInt8(ascii: "Z"): break
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): break
        default: if !isDigit(byte) { return false }
        }
        previous = byte
    }
    return dots <= 1
}

/// The words that some version of YAML reads as a truth value, null or a number, in any case.
private func isReservedWord(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count <= 5 else { return false }
    let word = String(decoding: text, as: UTF8.self).lowercased()
    return ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"].contains(word)
}

private func isPlainCharacter(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || " -_./:+=@%()';,<>*".utf8.contains(byte)
}

private func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
}

private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
}
