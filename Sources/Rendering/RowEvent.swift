// SPDX-License-Identifier: Apache-2.0

/// What has happened to a row of a list that is watched, with the row as it is now, or was last.
package struct RowEvent<Row: Presentable>: Presentable {
    package enum Change: String, Sendable {
        case added
        case changed
        case gone
    }

    package let change: Change
    package let row: Row

    package init(_ change: Change, _ row: Row) {
        self.change = change
        self.row = row
    }

    package static var kind: String { Row.kind }

    package static var columns: [Column] { [Column("EVENT")] + Row.columns }

    package var resourceName: String { row.resourceName }

    package func cells(_ row: inout RowWriter) {
        row.cell(change.rawValue, change == .gone ? .dim : .plain)
        self.row.cells(&row)
    }

    package func fields(_ object: inout ObjectWriter) {
        object.string("event", change.rawValue)
        row.fields(&object)
    }
}

/// Prints events as they come: lines of a table, or a document each: of JSON on one line, of YAML between `---`.
package struct EventStream<Row: Presentable>: ~Copyable {
    private let format: OutputFormat
    private let sink: any OutputSink
    private var lines: ListStream<RowEvent<Row>>
    private var isEmpty = true

    fileprivate init(options: OutputOptions, sink: any OutputSink) {
        var options = options
        format = options.effectiveFormat
        self.sink = sink
        // A window may be resized, which lines that have been printed do not follow.
        options.width = nil
        let isDocument = format == .json || format == .yaml
        // Documents are written below.
        if isDocument { options.format = .name }
        lines = ListStream(options: options, sink: sink)
    }

    package mutating func append(_ event: RowEvent<Row>) throws(OutputError) {
        isEmpty = false
        guard format == .json || format == .yaml else { return try lines.append(event) }
        var object = ObjectWriter(isYAML: format == .yaml, isCompact: true)
        if format == .yaml { try sink.write(Array("---\n".utf8).span) }
        object.beginDocument(kind: Row.kind)
        event.fields(&object)
        object.endMapping()
        try object.flush(into: sink)
    }

    /// Writes out what has been appended so far; the header comes with the first rows, which decide the widths.
    package mutating func flush() throws(OutputError) {
        if !isEmpty { try lines.flush() }
    }
}

extension Renderer {
    /// Begins a list without an end.
    package func events<Row: Presentable>(of type: Row.Type) -> EventStream<Row> {
        EventStream(options: options, sink: sink)
    }

    /// Prints bytes as they are: what paints a terminal.
    package func paint(_ bytes: [UInt8]) throws(OutputError) { try sink.write(bytes.span) }
}
