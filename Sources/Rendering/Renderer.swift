// SPDX-License-Identifier: Apache-2.0

/// Prints results in the format asked for; every command that prints data does it through here.
package struct Renderer {
    package let options: OutputOptions
    let sink: any OutputSink

    package init(options: OutputOptions, sink: any OutputSink) {
        self.options = options
        self.sink = sink
    }

    /// Prints a list in the order given; an empty one is a header line or `[]`.
    package func list<Rows: Sequence>(_ rows: Rows) throws(OutputError) where Rows.Element: Presentable {
        var stream = stream(of: Rows.Element.self)
        for row in rows { try stream.append(row) }
        try stream.finish()
    }

    /// Begins a list whose rows are not all there yet, or too many to hold.
    package func stream<Row: Presentable>(of type: Row.Type) -> ListStream<Row> {
        ListStream(options: options, sink: sink)
    }

    /// Prints one value: a table of one row, or the object itself.
    package func one(_ value: some Presentable) throws(OutputError) {
        switch options.effectiveFormat {
        case .table, .wide: try list(CollectionOfOne(value))
        case .json, .yaml: try document(value)
        case .name: try line(value.resourceName)
        }
    }

    /// Prints one value: a page of `Key: value` lines, or the object itself.
    package func page(_ value: some Describable) throws(OutputError) {
        switch options.effectiveFormat {
        case .table, .wide:
            var page = DescriptionList(options: options)
            value.describe(&page)
            try sink.write(page.rendered().span)
        case .json, .yaml: try document(value)
        case .name: try line(value.resourceName)
        }
    }

    /// Prints each value as ``page(_:)`` does, with an empty line between pages; several objects are a list document.
    package func pages<Value: Describable>(_ values: [Value]) throws(OutputError) {
        guard values.count != 1 else { return try page(values[0]) }
        switch options.effectiveFormat {
        case .table, .wide:
            for (index, value) in values.enumerated() {
                if index > 0 { try line("") }
                try page(value)
            }
        case .json, .yaml: try documents(values)
        case .name: for value in values { try line(value.resourceName) }
        }
    }

    /// Prints one line of text, whatever the format.
    package func line(_ text: String) throws(OutputError) {
        try sink.write(Array("\(text)\n".utf8).span)
    }

    private func document<Value: DocumentValue>(_ value: Value) throws(OutputError) {
        var object = ObjectWriter(isYAML: options.effectiveFormat == .yaml)
        object.beginDocument(kind: Value.kind)
        value.fields(&object)
        object.endMapping()
        try object.flush(into: sink)
    }

    /// Prints a list as another API has it, in YAML unless JSON was asked for.
    package func foreignList<Items: Sequence>(
        apiVersion: String, kind: String, _ items: Items, _ fields: (Items.Element, inout ObjectWriter) -> Void
    ) throws(OutputError) {
        var object = ObjectWriter(isYAML: options.effectiveFormat != .json)
        object.beginMapping()
        object.string("apiVersion", apiVersion)
        object.string("kind", kind)
        object.array("items", items, fields)
        object.endMapping()
        try object.flush(into: sink)
    }

    /// Prints a list document of values that have no table of their own.
    func documents<Values: Sequence>(_ values: Values) throws(OutputError) where Values.Element: DocumentValue {
        var object = ObjectWriter(isYAML: options.effectiveFormat == .yaml)
        object.beginDocument(kind: Values.Element.kind + "List")
        object.array("items", values) { value, item in value.fields(&item) }
        object.endMapping()
        try object.flush(into: sink)
    }
}
