// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import YAML

/// Reads the fields of one object, the counterpart of `ObjectWriter`: each is of its type or refused where it stands.
///
/// A key that is absent and one whose value is null mean the same.
struct MappingReader {
    let mark: Mark
    private let entries: [Node.Entry]

    /// - Parameter keys: all that there are; any other one is refused, so that a misspelt one is not passed over.
    /// - Throws: ``DocumentError``: `wrongType` for what is no object, `unknownKey`.
    init(_ node: Node, keys: [String]) throws(DocumentError) {
        guard let entries = node.entries else {
            throw DocumentError(.wrongType(key: nil, expected: .object), at: node.mark)
        }
        for entry in entries where !keys.contains(entry.key) {
            throw DocumentError(.unknownKey(entry.key, known: keys), at: entry.keyMark)
        }
        self.entries = entries
        mark = node.mark
    }

    /// The value of a key with its place; nil when it is absent or null.
    func node(_ key: String) -> Node? {
        guard let node = entries.first(where: { $0.key == key })?.value, !node.isNull else { return nil }
        return node
    }

    /// As ``node(_:)``, for a key that has to be there.
    func required(_ key: String) throws(DocumentError) -> Node {
        guard let node = node(key) else { throw DocumentError(.missingKey(key), at: mark) }
        return node
    }

    func text(_ key: String) throws(DocumentError) -> String? {
        guard let node = node(key) else { return nil }
        return try node.text(of: key)
    }

    /// - Throws: ``DocumentError``: `wrongType` also for a number beyond the range.
    func number(_ key: String, in range: ClosedRange<Int>) throws(DocumentError) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .integer(let number) = node.value, let number = Int(exactly: number), range.contains(number) else {
            throw DocumentError(.wrongType(key: key, expected: .number(range)), at: node.mark)
        }
        return number
    }

    func truth(_ key: String) throws(DocumentError) -> Bool? {
        guard let node = node(key) else { return nil }
        guard case .bool(let value) = node.value else {
            throw DocumentError(.wrongType(key: key, expected: .truth), at: node.mark)
        }
        return value
    }

    /// The items of a list; none when the key is absent.
    func items(_ key: String) throws(DocumentError) -> [Node] {
        guard let node = node(key) else { return [] }
        guard let items = node.items else {
            throw DocumentError(.wrongType(key: key, expected: .list), at: node.mark)
        }
        return items
    }

    /// One of the words that an enumeration has.
    func word<Value: RawRepresentable & CaseIterable>(
        _ key: String, as type: Value.Type
    ) throws(DocumentError) -> Value? where Value.RawValue == String {
        guard let node = node(key) else { return nil }
        let text = try node.text(of: key)
        guard let value = Value(rawValue: text) else {
            let allowed = Value.allCases.map(\.rawValue)
            throw DocumentError(.notOneOf(key: key, text: text, allowed: allowed), at: node.mark)
        }
        return value
    }

    /// Text that a type of the model reads.
    func value<Value>(_ key: String, read: (String) throws -> Value) throws(DocumentError) -> Value? {
        guard let node = node(key) else { return nil }
        return try node.value(of: key, read: read)
    }

    /// As ``value(_:read:)``, for a key that has to be there.
    func required<Value>(_ key: String, read: (String) throws -> Value) throws(DocumentError) -> Value {
        try required(key).value(of: key, read: read)
    }
}

extension Node {
    /// - Parameter key: the one whose value, or whose item, this is.
    func text(of key: String) throws(DocumentError) -> String {
        guard let string else { throw DocumentError(.wrongType(key: key, expected: .text), at: mark) }
        return string
    }

    func value<Value>(of key: String, read: (String) throws -> Value) throws(DocumentError) -> Value {
        let text = try text(of: key)
        do {
            return try read(text)
        } catch let reason as any ModelError {
            throw DocumentError(.value(key: key, reason), at: mark)
        } catch {
            throw DocumentError(.wrongType(key: key, expected: .text), at: mark)
        }
    }
}
