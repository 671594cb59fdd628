// SPDX-License-Identifier: Apache-2.0

import YAML

/// The documents of a file one by one, empty ones passed over.
struct DocumentStream: ~Copyable {
    private var reader: DocumentReader
    private var count = 0

    /// - Parameter bytes: YAML, of which JSON is a part.
    init(_ bytes: [UInt8]) throws(DocumentError) {
        do { reader = try DocumentReader(bytes) } catch { throw DocumentError(error) }
    }

    /// - Returns: nil after the last one.
    /// - Throws: ``DocumentError``: `syntax`; `noDocument` when not a single one was there.
    mutating func next() throws(DocumentError) -> Node? {
        do throws(ReadError) {
            while let document = try reader.next() {
                // A separator without anything behind it, or comments alone.
                if document.isNull { continue }
                count += 1
                return document
            }
        } catch {
            throw DocumentError(error)
        }
        guard count > 0 else { throw DocumentError(.noDocument) }
        return nil
    }
}

extension DocumentError {
    fileprivate init(_ error: ReadError) {
        self.init(.syntax(error.problem), at: error.mark)
    }
}
