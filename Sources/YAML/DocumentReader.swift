// SPDX-License-Identifier: Apache-2.0

/// Reads the documents of a YAML stream one by one; JSON is read as the YAML that it is.
///
/// What libyaml does not take from JSON: surrogate pairs written as escapes, and keys beyond 1024 characters.
package struct DocumentReader: ~Copyable {
    private let parser: EventParser
    private let limits: ReadLimits

    /// - Throws: ``ReadError`` when `bytes` are more than the limit.
    package init(_ bytes: [UInt8], limits: ReadLimits = ReadLimits()) throws(ReadError) {
        guard bytes.count <= limits.bytes else {
            throw ReadError(.tooLong(bytes: bytes.count, limit: limits.bytes), at: Mark(line: 1, column: 1))
        }
        parser = try EventParser(bytes)
        self.limits = limits
    }

    /// The next document, null if it is empty; nil after the last one. After an error there is nothing to go on with.
    package mutating func next() throws(ReadError) -> Node? {
        while true {
            switch try parser.next().0 {
            case .documentStart:
                var builder = NodeBuilder(parser: parser, limits: limits)
                return try builder.document()
            case .streamEnd: return nil
            default: continue
            }
        }
    }

    /// All documents of `bytes`.
    package static func readAll(_ bytes: [UInt8], limits: ReadLimits = ReadLimits()) throws(ReadError) -> [Node] {
        var reader = try DocumentReader(bytes, limits: limits)
        var documents: [Node] = []
        while let document = try reader.next() { documents.append(document) }
        return documents
    }
}
