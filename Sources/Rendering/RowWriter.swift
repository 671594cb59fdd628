// SPDX-License-Identifier: Apache-2.0

/// Takes the cells of table rows, in the order of the columns, one call per column.
///
/// Control characters, which could break the table or steer the terminal, become `?`. A cell left out or empty reads
/// `<none>`; cells beyond the last column are dropped.
package struct RowWriter {
    /// Text of all collected cells, end to end, UTF-8.
    private(set) var text: [UInt8] = []
    private(set) var cells: [Cell] = []
    private let shown: [Bool]
    private var column = 0

    struct Cell {
        var end: Int
        /// Columns on the screen: one per Unicode scalar.
        var width: Int
        var tone: Tone
    }

    init(shown: [Bool]) {
        self.shown = shown
    }

    /// A cell of text, coloured by `tone` when colour is on.
    package mutating func cell(_ value: String, _ tone: Tone = .plain) {
        add(tone) { $0.append(contentsOf: value.utf8) }
    }

    /// A cell of text, `<none>` for nil.
    package mutating func cell(_ value: String?, _ tone: Tone = .plain) {
        cell(value ?? nothing, tone)
    }

    /// A number in decimal; beyond 64 bits it is clamped.
    package mutating func cell(_ number: some FixedWidthInteger, _ tone: Tone = .plain) {
        add(tone) { $0.appendDecimal(number) }
    }

    /// The fast path for large tables: a generic is not specialised across modules.
    package mutating func cell(_ number: Int, _ tone: Tone = .plain) {
        add(tone) { $0.appendDecimal(number) }
    }

    /// The fast path for large tables.
    package mutating func cell(_ number: UInt64, _ tone: Tone = .plain) {
        add(tone) { $0.appendDecimal(number) }
    }

    /// A cell whose UTF-8 `write` appends: spares a `String` per cell in tables of a million rows.
    package mutating func cell(_ tone: Tone = .plain, writtenBy write: (inout [UInt8]) -> Void) {
        add(tone, write)
    }

    mutating func endRow() {
        while column < shown.count { cell(nothing) }
        column = 0
    }

    /// Forgets the rows written so far, keeping the storage.
    mutating func removeAll() {
        text.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
    }

    private mutating func add(_ tone: Tone, _ write: (inout [UInt8]) -> Void) {
        defer { column += 1 }
        guard column < shown.count, shown[column] else { return }
        let start = text.count
        write(&text)
        if text.count == start { text.append(contentsOf: nothing.utf8) }
        let width = text.makePrintable(from: start)
        cells.append(Cell(end: text.count, width: width, tone: tone))
    }
}

extension [UInt8] {
    /// Replaces control characters from `start` on by `?`, and returns how many columns the text takes.
    mutating func makePrintable(from start: Int) -> Int {
        var columns = 0
        var index = start
        while index < count {
            let byte = self[index]
            if byte < 0x20 || byte == 0x7f {
                self[index] = UInt8(ascii: "?")
            } else if byte == 0xc2, index + 1 < count, self[index + 1] < 0xa0 {
                // U+0080…U+009F, which some terminals obey.
                replaceSubrange(index...index + 1, with: [UInt8(ascii: "?")])
            }
            if byte & 0xc0 != 0x80 { columns += 1 }
            index += 1
        }
        return columns
    }
}

extension Presentable {
    /// All cells as text, those of `wide` included.
    package var cellTexts: [String] {
        var row = RowWriter(shown: Self.columns.map { _ in true })
        cells(&row)
        var start = 0
        return row.cells.map { cell in
            defer { start = cell.end }
            return String(decoding: row.text[start..<cell.end], as: UTF8.self)
        }
    }
}
