// SPDX-License-Identifier: Apache-2.0

/// What a terminal shows after what was printed on it, as far as the tool's own sequences go.
package struct ScreenReader {
    private let columns: Int
    private var rows: [[Character]]
    private var row = 0
    private var column = 0
    private var pending: [UInt8] = []
    package private(set) var isAlternate = false
    package private(set) var isCursorHidden = false
    /// How many pictures were begun: the cursor went home.
    package private(set) var pictures = 0
    /// A line was longer than the window is wide, or there were more than fit.
    package private(set) var hasOverflowed = false
    /// Sequences that it does not know.
    package private(set) var unknown: [String] = []

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = Array(repeating: Self.blank(columns), count: rows)
    }

    /// Without blanks at the ends of lines and without empty lines at the end.
    package var lines: [String] {
        var lines = rows.map { row in
            String(row).replacing(#/ +$/#, with: "")
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func blank(_ columns: Int) -> [Character] { Array(repeating: " ", count: columns) }

    package mutating func feed(_ bytes: [UInt8]) {
        pending += bytes
        // A character or sequence may be cut in two.
        guard let text = String(validating: pending, as: UTF8.self) else { return }
        var rest = Array(text.unicodeScalars)[...]
        pending = []
        while let scalar = rest.first {
            if scalar == "\u{1b}" {
                guard let end = rest.dropFirst(2).firstIndex(where: { $0.properties.isAlphabetic }) else {
                    pending = Array(String(String.UnicodeScalarView(rest)).utf8)
                    return
                }
                obey(String(String.UnicodeScalarView(rest[...end].dropFirst())))
                rest = rest[(end + 1)...]
                continue
            }
            rest = rest.dropFirst()
            put(scalar)
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\r": column = 0
        case "\n":
            if row + 1 == rows.count { hasOverflowed = true } else { row += 1 }
        default:
            guard column < columns else {
                hasOverflowed = true
                return
            }
            rows[row][column] = Character(scalar)
            column += 1
        }
    }

    private mutating func obey(_ sequence: String) {
        switch sequence {
        case "[H":
            (row, column) = (0, 0)
            pictures += 1
        // Behind a full line the cursor still stands on its last character.
        case "[K": for index in min(column, columns - 1)..<columns { rows[row][index] = " " }
        case "[J":
            for index in min(column, columns - 1)..<columns { rows[row][index] = " " }
            for index in (row + 1)..<max(row + 1, rows.count) { rows[index] = Self.blank(columns) }
        case "[?1049h": isAlternate = true
        case "[?1049l": isAlternate = false
        case "[?25l": isCursorHidden = true
        case "[?25h": isCursorHidden = false
        case _ where sequence.hasSuffix("m"): break
        default: unknown.append(sequence)
        }
    }
}
