// SPDX-License-Identifier: Apache-2.0

/// Takes the lines of a page: keys with values, sections, and tables within.
///
/// Values stand in one column per section; what belongs to a section is indented by two spaces.
package struct DescriptionList {
    private let options: OutputOptions
    private var parts: [Part] = []

    private enum Part {
        case entry(key: String, values: [String], Tone)
        case section(String, [Part])
        case table(String, lines: [UInt8])

        var keyWidth: Int {
            if case .entry(let key, _, _) = self { key.unicodeScalars.count } else { 0 }
        }
    }

    package init(options: OutputOptions) {
        self.options = options
    }

    /// One line; `<none>` for nil or an empty value. Values may hold spaces, and lines of their own.
    package mutating func entry(_ key: String, _ value: String?, _ tone: Tone = .plain) {
        let lines = (value ?? "").split(whereSeparator: \.isNewline).map(String.init)
        parts.append(.entry(key: key, values: lines, tone))
    }

    /// One value per line, the key on the first; `<none>` for an empty list.
    package mutating func entry(_ key: String, _ values: [String], _ tone: Tone = .plain) {
        parts.append(.entry(key: key, values: values, tone))
    }

    /// One line with an exact number.
    package mutating func entry(_ key: String, _ number: some FixedWidthInteger, _ tone: Tone = .plain) {
        parts.append(.entry(key: key, values: [String(number)], tone))
    }

    /// Lines under a title, with a column of values of their own.
    package mutating func section(_ title: String, _ body: (inout DescriptionList) -> Void) {
        var inner = DescriptionList(options: options)
        body(&inner)
        parts.append(.section(title, inner.parts))
    }

    /// A table under its title; `Title: <none>` if there are no rows.
    package mutating func table<Rows: Sequence>(_ title: String, _ rows: Rows) where Rows.Element: Presentable {
        var narrower = options
        narrower.width = options.width.map { $0 - 2 }
        narrower.noHeaders = false
        var table = TextTable(columns: Rows.Element.columns, options: narrower)
        var isEmpty = true
        for row in rows {
            row.cells(&table.row)
            table.endRow()
            isEmpty = false
        }
        if isEmpty {
            entry(title, nil)
        } else {
            table.layOut()
            parts.append(.table(title, lines: table.bytes))
        }
    }

    func rendered() -> [UInt8] {
        var bytes: [UInt8] = []
        write(parts, indent: 0, into: &bytes)
        return bytes
    }

    private func write(_ parts: [Part], indent: Int, into bytes: inout [UInt8]) {
        let keyWidth = parts.map(\.keyWidth).max() ?? 0
        for part in parts {
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
            switch part {
            case .entry(let key, let values, let tone):
                bytes.append(contentsOf: key.utf8)
                write(values.isEmpty ? [nothing] : values, tone, keyWidth - part.keyWidth, indent + keyWidth, &bytes)
            case .section(let title, let inner):
                bytes.append(contentsOf: "\(title):\n".utf8)
                write(inner, indent: indent + 2, into: &bytes)
            case .table(let title, let lines):
                bytes.append(contentsOf: "\(title):\n".utf8)
                for line in lines.split(separator: UInt8(ascii: "\n")) {
                    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent + 2))
                    bytes.append(contentsOf: line)
                    bytes.append(UInt8(ascii: "\n"))
                }
            }
        }
    }

    /// What is too long for the terminal goes on below the next item of a list. What holds a command to copy stays whole.
    private static func broken(_ value: String, _ room: Int) -> [String] {
        guard value.unicodeScalars.count > room, !value.contains("'") else { return [value] }
        var items = [""]
        for word in value.split(separator: " ") {
            if items[items.count - 1].last == "," { items.append("") }
            items[items.count - 1] += (items[items.count - 1].isEmpty ? "" : " ") + word
        }
        var lines = [items[0]]
        for item in items.dropFirst() {
            if lines[lines.count - 1].unicodeScalars.count + 1 + item.unicodeScalars.count > room {
                lines.append(item)
            } else {
                lines[lines.count - 1] += " " + item
            }
        }
        return lines
    }

    private func write(_ values: [String], _ tone: Tone, _ gap: Int, _ indent: Int, _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ":"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: gap + 2))
        let room = options.width.map { max($0 - indent - 3, 30) } ?? .max
        for (index, value) in values.flatMap({ Self.broken($0, room) }).enumerated() {
            if index > 0 { bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent + 3)) }
            var text = Array(value.utf8)
            _ = text.makePrintable(from: 0)
            bytes.append(text[...], tone, options.color)
            bytes.append(UInt8(ascii: "\n"))
        }
    }
}
