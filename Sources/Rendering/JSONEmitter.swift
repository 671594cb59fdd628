// SPDX-License-Identifier: Apache-2.0

import YAML

/// Writes one JSON document, indented by two spaces, event by event; the events are those of `YAML.Emitter`.
struct JSONEmitter {
    /// What has been written and not taken away yet: nothing reads it back.
    var bytes: [UInt8] = []
    private var depth = 0
    /// Whether the innermost open container has no entry yet.
    private var isEmpty = true

    mutating func beginMapping() { begin("{") }
    mutating func endMapping() { end("}") }
    mutating func beginSequence() { begin("[") }
    mutating func endSequence() { end("]") }

    mutating func key(_ name: String) {
        if appendPlainKey(name) { return }
        item()
        bytes.appendQuoted(name)
        bytes.append(contentsOf: ": ".utf8)
    }

    mutating func item() {
        startLine(afterComma: !isEmpty)
        isEmpty = false
    }

    /// Writes a key of letters and digits at one go, which a large list consists of.
    private mutating func appendPlainKey(_ name: String) -> Bool {
        let source = name.utf8Span.span
        let start = bytes.count
        let (indent, afterComma) = (2 * depth, !isEmpty)
        var isPlain = true
        bytes.append(addingCapacity: source.count + indent + 6) { output in
            if afterComma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\n"))
            output.append(repeating: UInt8(ascii: " "), count: indent)
            output.append(UInt8(ascii: "\""))
            for index in source.indices {
                output.append(source[index])
                isPlain = isPlain && isAlphanumeric(source[index])
            }
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: ":"))
            output.append(UInt8(ascii: " "))
        }
        if isPlain { isEmpty = false } else { bytes.removeSubrange(start...) }
        return isPlain
    }

    private mutating func begin(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        depth += 1
        isEmpty = true
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        depth -= 1
        if !isEmpty { startLine(afterComma: false) }
        bytes.append(UInt8(ascii: bracket))
        isEmpty = false
        if depth == 0 { bytes.append(UInt8(ascii: "\n")) }
    }

    private mutating func startLine(afterComma: Bool) {
        let indent = 2 * depth
        bytes.append(addingCapacity: indent + 2) { output in
            if afterComma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\n"))
            output.append(repeating: UInt8(ascii: " "), count: indent)
        }
    }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
}
