// SPDX-License-Identifier: Apache-2.0

import YAML

/// Writes one JSON document, indented by two spaces or on one line, event by event; the events are those of
/// `YAML.Emitter`.
struct JSONEmitter {
    /// What has been written and not taken away yet: nothing reads it back.
    var bytes: [UInt8] = []
    private let isCompact: Bool
    private var known = KnownKeys()
    private var depth = 0
    /// Whether the innermost open container has no entry yet.
    private var isEmpty = true

    init(isCompact: Bool = false) {
        self.isCompact = isCompact
    }

    mutating func beginMapping() { begin("{") }
    mutating func endMapping() { end("}") }
    mutating func beginSequence() { begin("[") }
    mutating func endSequence() { end("]") }

    mutating func key(_ name: String) {
        if let line = known.line(of: name, depth: depth, afterComma: !isEmpty) {
            bytes.append(contentsOf: line)
            isEmpty = false
            return
        }
        let afterComma = !isEmpty
        let start = bytes.count
        item()
        bytes.appendQuoted(name)
        bytes.append(contentsOf: (isCompact ? ":" : ": ").utf8)
        known.remember(bytes[start...], of: name, depth: depth, afterComma: afterComma)
    }

    mutating func item() {
        startLine(afterComma: !isEmpty)
        isEmpty = false
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
        if isCompact {
            if afterComma { bytes.append(UInt8(ascii: ",")) }
            return
        }
        let indent = 2 * depth
        bytes.append(addingCapacity: indent + 2) { output in
            if afterComma { output.append(UInt8(ascii: ",")) }
            output.append(UInt8(ascii: "\n"))
            output.append(repeating: UInt8(ascii: " "), count: indent)
        }
    }
}

/// The lines that keys begin, as they were written before: the items of a large list have the same ones in the same
/// order, again and again.
private struct KnownKeys {
    private struct Shape {
        var depth: Int
        var afterComma: Bool
        var length: Int
    }

    /// Records of a fixed length.
    private var bytes: [UInt8] = []
    private var names: [String] = []
    private var shapes: [Shape] = []
    /// Which is expected next.
    private var next = 0

    private static var limit: Int { 64 }
    private static var recordSize: Int { 48 }

    mutating func line(of name: String, depth: Int, afterComma: Bool) -> ArraySlice<UInt8>? {
        for _ in names.indices {
            let index = next
            next = index + 1 == names.count ? 0 : index + 1
            let shape = shapes[index]
            if shape.depth == depth, shape.afterComma == afterComma, names[index] == name {
                return bytes[index * Self.recordSize..<index * Self.recordSize + shape.length]
            }
        }
        return nil
    }

    mutating func remember(_ line: ArraySlice<UInt8>, of name: String, depth: Int, afterComma: Bool) {
        guard line.count <= Self.recordSize, names.count < Self.limit else { return }
        bytes += line
        bytes += repeatElement(0, count: Self.recordSize - line.count)
        names.append(name)
        shapes.append(Shape(depth: depth, afterComma: afterComma, length: line.count))
        next = 0
    }
}
