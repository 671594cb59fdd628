// SPDX-License-Identifier: Apache-2.0

/// A list that is printed while it is being read; memory does not grow with it.
///
/// Begin it with ``Renderer/stream(of:)``, append each row, and finish it: until then the document is incomplete.
package struct ListStream<Row: Presentable>: ~Copyable {
    private let sink: any OutputSink
    private let format: OutputFormat
    private var names: [UInt8] = []
    private var table: TextTable
    private var object: ObjectWriter

    private static var chunkSize: Int { 1 << 16 }

    init(options: OutputOptions, sink: any OutputSink) {
        self.sink = sink
        format = options.effectiveFormat
        table = TextTable(columns: Row.columns, options: options)
        object = ObjectWriter(isYAML: format == .yaml)
        guard format == .json || format == .yaml else { return }
        object.beginDocument(kind: Row.kind + "List")
        object.key("items")
        object.beginSequence()
    }

    /// Adds a row; writes out a chunk each time that about 64 KiB have gathered.
    package mutating func append(_ row: borrowing Row) throws(OutputError) {
        switch format {
        case .table, .wide:
            row.cells(&table.row)
            table.endRow()
        case .json, .yaml:
            object.item()
            object.beginMapping()
            row.fields(&object)
            object.endMapping()
        case .name:
            names.append(contentsOf: row.resourceName.utf8)
            names.append(UInt8(ascii: "\n"))
        }
        if pendingBytes >= Self.chunkSize { try flush() }
    }

    /// Writes out what has been appended so far, as a live view needs it; fixes the widths of a table's columns.
    package mutating func flush() throws(OutputError) {
        switch format {
        case .table, .wide:
            table.layOut()
            try sink.write(table.bytes.span)
            table.bytes.removeAll(keepingCapacity: true)
        case .json, .yaml:
            try object.flush(into: sink)
        case .name:
            try sink.write(names.span)
            names.removeAll(keepingCapacity: true)
        }
    }

    /// Completes the list and writes out the rest.
    ///
    /// - Parameter summary: writes fields of the document behind its items, which only its end can know.
    package consuming func finish(_ summary: (inout ObjectWriter) -> Void = { _ in }) throws(OutputError) {
        if format == .json || format == .yaml {
            object.endSequence()
            summary(&object)
            object.endMapping()
        }
        try flush()
    }

    private var pendingBytes: Int {
        switch format {
        case .table, .wide: table.bytes.count
        case .json, .yaml: object.byteCount
        case .name: names.count
        }
    }
}

extension ObjectWriter {
    /// Opens the mapping that is the document and writes what every document starts with.
    mutating func beginDocument(kind: String) {
        beginMapping()
        string("apiVersion", "ebpfctl/v1")
        string("kind", kind)
    }
}
