// SPDX-License-Identifier: Apache-2.0

import YAML

/// Takes the typed fields of one object and writes them as JSON or YAML at once: no tree is built.
///
/// Names are lower camel case and carry the unit (`ageSeconds`). Each name is given once per object.
package struct ObjectWriter {
    private var json: JSONEmitter
    private var yaml = Emitter()
    private let isYAML: Bool

    /// - Parameter isCompact: a JSON document takes one line.
    init(isYAML: Bool, isCompact: Bool = false) {
        self.isYAML = isYAML
        json = JSONEmitter(isCompact: isCompact)
    }

    /// A string, escaped or quoted as the format needs it.
    package mutating func string(_ name: String, _ value: String) {
        key(name)
        write(value)
    }

    /// A string, or null.
    package mutating func string(_ name: String, _ value: String?) {
        if let value { string(name, value) } else { null(name) }
    }

    /// A string whose UTF-8 `write` appends: spares a `String` per field in lists of a million items.
    package mutating func string(_ name: String, writtenBy write: (inout [UInt8]) -> Void) {
        key(name)
        if isYAML { yaml.string(writtenBy: write) } else { json.bytes.appendQuoted(writtenBy: write) }
    }

    /// A whole number; beyond 64 bits it is clamped.
    package mutating func integer(_ name: String, _ value: some FixedWidthInteger) {
        key(name)
        literal { $0.appendDecimal(value) }
    }

    /// The fast path for large lists: a generic is not specialised across modules.
    package mutating func integer(_ name: String, _ value: Int) {
        key(name)
        literal { $0.appendDecimal(value) }
    }

    /// The fast path for large lists.
    package mutating func integer(_ name: String, _ value: UInt64) {
        key(name)
        literal { $0.appendDecimal(value) }
    }

    /// A whole number, or null.
    package mutating func integer(_ name: String, _ value: (some FixedWidthInteger)?) {
        if let value { integer(name, value) } else { null(name) }
    }

    /// A number with a fraction; null for what JSON has no number for.
    package mutating func number(_ name: String, _ value: Double) {
        key(name)
        literal { $0.append(contentsOf: (decimal(value) ?? "null").utf8) }
    }

    /// A duration in seconds, with three decimals unless it is whole; `name` ends in `Seconds`.
    package mutating func seconds(_ name: String, _ value: Duration) {
        key(name)
        literal { $0.appendSeconds(value) }
    }

    /// As ``seconds(_:_:)`` with six decimals, for what may take less than a millisecond.
    package mutating func preciseSeconds(_ name: String, _ value: Duration) {
        key(name)
        literal { $0.appendSeconds(value, toMicroseconds: true) }
    }

    /// A duration in seconds, or null.
    package mutating func seconds(_ name: String, _ value: Duration?) {
        if let value { seconds(name, value) } else { null(name) }
    }

    /// `true` or `false`, unquoted.
    package mutating func bool(_ name: String, _ value: Bool) {
        key(name)
        literal { $0.append(contentsOf: (value ? "true" : "false").utf8) }
    }

    /// The field is there and has no value.
    package mutating func null(_ name: String) {
        key(name)
        literal { $0.append(contentsOf: "null".utf8) }
    }

    /// A nested object whose fields the closure writes.
    package mutating func object(_ name: String, _ fields: (inout ObjectWriter) -> Void) {
        key(name)
        mapping(fields)
    }

    /// A list of objects, one call of `fields` each.
    package mutating func array<Items: Sequence>(
        _ name: String, _ items: Items, _ fields: (Items.Element, inout ObjectWriter) -> Void
    ) {
        key(name)
        beginSequence()
        for element in items {
            item()
            mapping { fields(element, &$0) }
        }
        endSequence()
    }

    /// A list of strings, `[]` if empty.
    package mutating func strings(_ name: String, _ items: some Sequence<String>) {
        key(name)
        beginSequence()
        for text in items {
            item()
            write(text)
        }
        endSequence()
    }

    /// A list of whole numbers, `[]` if empty.
    package mutating func integers(_ name: String, _ items: some Sequence<some FixedWidthInteger>) {
        key(name)
        beginSequence()
        for number in items {
            item()
            literal { $0.appendDecimal(number) }
        }
        endSequence()
    }
}

/// The events below the fields, which the renderer also uses for the frame of a document.
extension ObjectWriter {
    var byteCount: Int { isYAML ? yaml.bytes.count : json.bytes.count }

    /// Lends what has been written so far, and forgets it.
    mutating func flush(into sink: any OutputSink) throws(OutputError) {
        if isYAML {
            try sink.write(yaml.bytes.span)
            yaml.bytes.removeAll(keepingCapacity: true)
        } else {
            try sink.write(json.bytes.span)
            json.bytes.removeAll(keepingCapacity: true)
        }
    }

    mutating func mapping(_ fields: (inout ObjectWriter) -> Void) {
        beginMapping()
        fields(&self)
        endMapping()
    }

    mutating func beginMapping() {
        if isYAML { yaml.beginMapping() } else { json.beginMapping() }
    }

    mutating func endMapping() {
        if isYAML { yaml.endMapping() } else { json.endMapping() }
    }

    mutating func beginSequence() {
        if isYAML { yaml.beginSequence() } else { json.beginSequence() }
    }

    mutating func endSequence() {
        if isYAML { yaml.endSequence() } else { json.endSequence() }
    }

    mutating func key(_ name: String) {
        if isYAML { yaml.key(name) } else { json.key(name) }
    }

    mutating func item() {
        if isYAML { yaml.item() } else { json.item() }
    }

    private mutating func write(_ text: String) {
        if isYAML { yaml.string(text) } else { json.bytes.appendQuoted(text) }
    }

    private mutating func literal(_ write: (inout [UInt8]) -> Void) {
        if isYAML { yaml.literal(writtenBy: write) } else { write(&json.bytes) }
    }
}

/// The shortest decimal that reads back as `value`, in a form that YAML 1.1 also takes for a number (`1.0e+20`).
private func decimal(_ value: Double) -> String? {
    guard value.isFinite else { return nil }
    let text = value.description
    guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
}
