// SPDX-License-Identifier: Apache-2.0

/// How help is laid out: the columns of the terminal, and whether it shows bold type.
package struct HelpStyle: Sendable, Hashable {
    /// At least 40, however narrow the terminal.
    package let width: Int
    package let isBold: Bool

    package init(width: Int = 80, isBold: Bool = false) {
        self.width = max(width, 40)
        self.isBold = isBold
    }

    func heading(_ text: String) -> String { isBold ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
}

/// Breaks text between words; a word wider than the line stands alone on a line of its own.
///
/// - Parameter measure: what of a text counts against `width`: characters, as a terminal shows them.
func wrapped(_ text: String, width: Int, by measure: (Substring) -> Int = \.count) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        if !line.isEmpty, measure(line[...]) + 1 + measure(word) > width {
            lines.append(line)
            line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
    }
    return line.isEmpty ? lines : lines + [line]
}

/// Terms on the left, wrapped descriptions in an aligned column on the right.
///
/// A term that is too long for its column has its description begin on the next line.
func definitionList(_ rows: [(term: String, text: String)], width: Int) -> [String] {
    let limit = max(20, width * 2 / 5)
    let longest = rows.map(\.term.count).filter { $0 <= limit }.max() ?? 4
    let column = 2 + longest + 2
    let margin = String(repeating: " ", count: column)
    return rows.flatMap { row -> [String] in
        let lines = wrapped(row.text, width: width - column)
        let term = "  " + row.term
        guard row.term.count <= longest, let first = lines.first else {
            return wrappedTerm(row.term, width: width) + lines.map { margin + $0 }
        }
        let gap = String(repeating: " ", count: column - term.count)
        return [term + gap + first] + lines.dropFirst().map { margin + $0 }
    }
}

/// Even a term may be wider than the terminal: it breaks between words.
private func wrappedTerm(_ term: String, width: Int) -> [String] {
    let indent = "  " + term.prefix { $0 == " " }
    return wrapped(term, width: width - indent.count - 4).enumerated().map { indent + ($0 == 0 ? $1 : "    " + $1) }
}
