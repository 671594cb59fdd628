// SPDX-License-Identifier: Apache-2.0

/// Writes one block-style YAML document, event by event, that YAML 1.1 and 1.2 readers understand alike.
///
/// The caller balances begin and end and gives each key and each item exactly one value. Lists are not indented below
/// their key, as in `kubectl` output. Take ``bytes`` and empty it at any time between two events: nothing reads it back.
package struct Emitter {
    /// What has been written and not taken away yet; UTF-8, each line ended by LF.
    package var bytes: [UInt8] = []

    private enum Position {
        case documentStart
        case lineStart
        case afterKey
        case afterDash
    }

    private var position = Position.documentStart
    /// Columns of the open containers, outermost first.
    private var columns: [Int] = []

    package init() {}

    /// Opens a mapping as the document, the value of a key, or an item.
    package mutating func beginMapping() {
        columns.append(column + (isNested ? 2 : 0))
    }

    /// Closes the innermost mapping; `{}` if it had no member.
    package mutating func endMapping() { end(empty: "{}") }

    /// Opens a sequence as the value of a key or an item.
    package mutating func beginSequence() {
        columns.append(column + (position == .afterDash ? 2 : 0))
    }

    /// Closes the innermost sequence; `[]` if it had no item.
    package mutating func endSequence() { end(empty: "[]") }

    /// Starts a member of the open mapping; its value is the next event.
    package mutating func key(_ name: String) {
        startEntry()
        bytes.appendScalar(name)
        bytes.append(UInt8(ascii: ":"))
        position = .afterKey
    }

    /// Starts an item of the open sequence; its value is the next event.
    package mutating func item() {
        startEntry()
        bytes.append(UInt8(ascii: "-"))
        position = .afterDash
    }

    /// A string, quoted only if a reader could take its plain form for something else.
    package mutating func string(_ text: String) {
        scalar { $0.appendScalar(text) }
    }

    /// A string whose UTF-8 `write` appends, quoted as `string(_:)` does it.
    package mutating func string(writtenBy write: (inout [UInt8]) -> Void) {
        scalar { $0.appendScalar(writtenBy: write) }
    }

    /// A number, `true`, `false` or `null`, whose characters `write` appends.
    package mutating func literal(writtenBy write: (inout [UInt8]) -> Void) {
        scalar(write)
    }

    private var column: Int { columns.last ?? 0 }

    private var isNested: Bool { position == .afterKey || position == .afterDash }

    private mutating func scalar(_ write: (inout [UInt8]) -> Void) {
        if isNested { bytes.append(UInt8(ascii: " ")) }
        write(&bytes)
        bytes.append(UInt8(ascii: "\n"))
        position = .lineStart
    }

    private mutating func startEntry() {
        switch position {
        case .afterDash:
            bytes.append(UInt8(ascii: " "))
            return
        case .afterKey: bytes.append(UInt8(ascii: "\n"))
        case .documentStart, .lineStart: break
        }
        for _ in 0..<column { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func end(empty: String) {
        columns.removeLast()
        if position == .lineStart { return }
        scalar { $0.append(contentsOf: empty.utf8) }
    }
}
