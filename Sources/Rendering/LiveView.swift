// SPDX-License-Identifier: Apache-2.0

/// The pictures of a table that is watched on a terminal: each is painted over the one before, without flicker.
package enum LiveView {
    /// Turns to the alternate screen, so that what was there comes back, and hides the cursor.
    package static let begin = "\u{1b}[?1049h\u{1b}[?25l"
    package static let end = "\u{1b}[?25h\u{1b}[?1049l"

    /// What a picture shows besides rows.
    package struct Frame: Sendable {
        /// One line above the table.
        package var caption: String
        /// How many rows there are, of which the first are shown.
        package var total: Int
        /// Of the window, in character cells.
        package var columns: Int
        package var lines: Int

        package init(caption: String, total: Int, columns: Int, lines: Int) {
            self.caption = caption
            self.total = total
            self.columns = columns
            self.lines = lines
        }
    }

    /// The bytes that paint one picture; no line is longer than the window is wide, nor are there more than fit.
    package static func picture<Row: Presentable>(_ frame: Frame, _ rows: [Row], _ options: OutputOptions) -> [UInt8] {
        var options = options
        options.width = frame.columns
        // The caption, a blank line, and the header.
        let room = max(0, frame.lines - (options.noHeaders ? 2 : 3))
        let shown = frame.total > room ? max(0, room - 1) : room
        var table = TextTable(columns: Row.columns, options: options)
        for row in rows.prefix(shown) {
            row.cells(&table.row)
            table.endRow()
        }
        table.layOut()
        var lines = [Array(frame.caption.utf8)[...], []]
        lines += table.bytes.split(separator: UInt8(ascii: "\n"))
        let missing = frame.total - min(rows.count, shown)
        if missing > 0 { lines.append(Array("… \(missing) more".utf8)[...]) }
        return painted(lines.prefix(frame.lines), columns: frame.columns)
    }

    /// From the window's first cell on, each line with the rest of it cleared, and all below the last.
    ///
    /// A terminal that has filled a line to its end still stands on the last character: clearing would take it. So
    /// full lines are not cleared behind, and below is cleared before the last line is written.
    private static func painted(_ lines: ArraySlice<ArraySlice<UInt8>>, columns: Int) -> [UInt8] {
        var bytes = Array("\u{1b}[H".utf8)
        for (index, line) in lines.enumerated() {
            if index > 0 { bytes.append(contentsOf: "\r\n".utf8) }
            let isLast = index == lines.count - 1
            if isLast { bytes.append(contentsOf: "\u{1b}[J".utf8) }
            bytes.append(clipping: line, to: columns)
            if !isLast, line.visibleCharacters < columns { bytes.append(contentsOf: "\u{1b}[K".utf8) }
        }
        return bytes
    }
}

extension [UInt8] {
    /// Appends a line, of which at most so many characters show; SGR sequences take no room and are all kept.
    fileprivate mutating func append(clipping line: ArraySlice<UInt8>, to columns: Int) {
        let isTooLong = line.visibleCharacters > columns
        var left = isTooLong ? columns - 1 : columns
        var isEscape = false
        for byte in line {
            if byte == 0x1b { isEscape = true }
            if isEscape {
                append(byte)
                if byte == UInt8(ascii: "m") { isEscape = false }
                continue
            }
            // What continues a character goes with it.
            if byte & 0xc0 != 0x80 { left -= 1 }
            if left >= 0 { append(byte) }
        }
        if isTooLong, columns > 0 { append(contentsOf: "…".utf8) }
    }
}

extension ArraySlice<UInt8> {
    /// How many cells of the screen the text takes: one per Unicode scalar, none for SGR sequences.
    fileprivate var visibleCharacters: Int {
        var count = 0
        var isEscape = false
        for byte in self {
            if byte == 0x1b { isEscape = true }
            if !isEscape, byte & 0xc0 != 0x80 { count += 1 }
            if byte == UInt8(ascii: "m") { isEscape = false }
        }
        return count
    }
}
