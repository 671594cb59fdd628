// SPDX-License-Identifier: Apache-2.0

/// Lays out rows in columns two spaces apart, without trailing spaces, knowing only the first rows.
///
/// The first 1000 rows decide the widths; a longer cell further down pushes its own row out of line.
struct TextTable {
    /// Complete lines not taken away yet.
    var bytes: [UInt8] = []
    var row: RowWriter
    private let columns: [Column]
    private let options: OutputOptions
    /// Nil for a column that is left out for want of room.
    private var widths: [Int?] = []
    private var lastColumn = 0
    private var rows = 0

    private static let sampleSize = 1000
    /// A column is not shortened below this many characters or its title.
    private static let narrowest = 8

    init(columns: [Column], options: OutputOptions) {
        let shown = columns.map { options.effectiveFormat == .wide || !$0.wideOnly }
        self.columns = zip(columns, shown).filter(\.1).map(\.0)
        self.options = options
        row = RowWriter(shown: shown)
    }

    /// Closes the row that was written into ``row``.
    mutating func endRow() {
        row.endRow()
        rows += 1
        if rows >= Self.sampleSize { layOut() }
    }

    /// Writes out the rows that are still waiting for the widths, and the header if it has not been.
    mutating func layOut() {
        if widths.isEmpty {
            widths = fittingWidths()
            lastColumn = widths.lastIndex { $0 != nil } ?? 0
            if !options.noHeaders { writeHeader() }
        }
        var start = 0
        for (index, cell) in row.cells.enumerated() {
            write(row.text[start..<cell.end], cell, column: index % columns.count)
            start = cell.end
        }
        row.removeAll()
    }

    private mutating func writeHeader() {
        for (index, column) in columns.enumerated() {
            let title = Array(column.title.utf8)
            write(title[...], .init(end: title.count, width: title.count, tone: .plain), column: index)
        }
    }

    private mutating func write(_ text: ArraySlice<UInt8>, _ cell: RowWriter.Cell, column: Int) {
        guard let own = widths[column] else { return }
        let limit = isShortened(column) ? own : Int.max
        let padding = max(0, own - cell.width)
        let isLast = column == lastColumn
        if columns[column].alignment == .right { pad(padding) }
        bytes.append(cell.width > limit ? text.prefix(scalars: limit - 1) + "…".utf8 : text, cell.tone, options.color)
        if columns[column].alignment == .left, !isLast { pad(padding) }
        if isLast { bytes.append(UInt8(ascii: "\n")) } else { pad(2) }
    }

    private mutating func pad(_ count: Int) {
        for _ in 0..<count { bytes.append(UInt8(ascii: " ")) }
    }

    private func isShortened(_ column: Int) -> Bool {
        options.width != nil && options.effectiveFormat == .table && isElastic(column)
    }

    /// The key, numbers, addresses and names are never shortened, even if the table then overflows.
    private func isElastic(_ column: Int) -> Bool {
        column > 0 && columns[column].alignment == .left && !columns[column].isWhole
    }

    /// Shortens what may be shortened, and where that is not enough leaves columns out.
    private func fittingWidths() -> [Int?] {
        var natural = columns.map { max($0.width, options.noHeaders ? 0 : $0.title.utf8.count) }
        for (index, cell) in row.cells.enumerated() {
            natural[index % columns.count] = max(natural[index % columns.count], cell.width)
        }
        guard let available = options.width, options.effectiveFormat == .table else { return natural }
        var yielding = columns.indices.filter { columns[$0].yields != nil }
        yielding.sort { columns[$0].yields ?? 0 > columns[$1].yields ?? 0 }
        var widths: [Int?] = natural
        while true {
            let (fitting, excess) = shrunk(widths, to: available)
            guard excess > 0, let next = yielding.popLast() else { return fitting }
            widths[next] = nil
        }
    }

    /// - Returns: the widths, and by how much they are still too wide.
    private func shrunk(_ widths: [Int?], to available: Int) -> (widths: [Int?], excess: Int) {
        var widths = widths
        let shown = widths.compactMap(\.self)
        var excess = shown.reduce(2 * (shown.count - 1), +) - available
        while excess > 0, let widest = shrinkable(widths) {
            widths[widest] = widths[widest].map { $0 - 1 }
            excess -= 1
        }
        return (widths, excess)
    }

    /// The widest column that may still lose a character.
    private func shrinkable(_ widths: [Int?]) -> Int? {
        widths.indices
            .filter { isElastic($0) && widths[$0] ?? 0 > max(Self.narrowest, columns[$0].title.utf8.count) }
            .max { widths[$0] ?? 0 < widths[$1] ?? 0 }
    }
}

extension ArraySlice<UInt8> {
    /// The first `count` Unicode scalars of UTF-8 text.
    fileprivate func prefix(scalars count: Int) -> ArraySlice<UInt8> {
        var left = count
        for index in indices where self[index] & 0xc0 != 0x80 {
            if left == 0 { return self[..<index] }
            left -= 1
        }
        return self
    }
}

extension [UInt8] {
    /// Appends `text` between the SGR sequences of its tone, if colour is on.
    mutating func append(_ text: ArraySlice<UInt8>, _ tone: Tone, _ color: Bool) {
        guard color, let parameter = tone.parameter else {
            append(contentsOf: text)
            return
        }
        append(contentsOf: "\u{1b}[\(parameter)m".utf8)
        append(contentsOf: text)
        append(contentsOf: "\u{1b}[0m".utf8)
    }
}
