// SPDX-License-Identifier: Apache-2.0

import YAML

/// One object as a flat list of its values in the order of the text; used again for the next object.
///
/// A container stands before its contents, a key before its value. No string is made before somebody asks for it.
struct Tape {
    enum Kind: UInt8 {
        case null
        case bool
        case number
        /// A string, and any key.
        case string
        /// A YAML scalar without quotes, whose type its text decides.
        case plain
        /// The key `<<` of YAML, whose value lends its members to the mapping.
        case mergeKey
        case sequence
        case mapping
    }

    struct Node {
        var kind: Kind
        /// The scalar's bytes in ``text``.
        var start: UInt32
        var count: UInt32
        /// The index of the node after this one and all it contains.
        var end: UInt32
        var line: UInt32
        var column: UInt32

        var mark: Mark { Mark(line: Int(line), column: Int(column)) }
    }

    private(set) var nodes: [Node] = []
    private(set) var text: [UInt8] = []
    private let limits: ObjectLimits

    init(limits: ObjectLimits) { self.limits = limits }

    mutating func reset() {
        nodes.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }

    /// Opens a container; ``close(_:)`` ends it.
    mutating func open(_ kind: Kind, _ mark: Mark) throws(ScanError) -> Int {
        try add(kind, from: text.count, mark)
    }

    /// - Throws: ``ScanError`` for a key that the mapping has twice.
    mutating func close(_ index: Int) throws(ScanError) {
        nodes[index].end = UInt32(truncatingIfNeeded: nodes.count)
        if nodes[index].kind == .mapping { try refuseRepeatedKeys(of: index) }
    }

    /// Makes a scalar of the text that was appended since it was `start` bytes long.
    @discardableResult
    mutating func add(_ kind: Kind, from start: Int, _ mark: Mark) throws(ScanError) -> Int {
        let index = nodes.count
        guard index < limits.values else { throw ScanError(.tooManyValues(limit: limits.values), mark) }
        nodes.append(
            Node(
                kind: kind, start: UInt32(truncatingIfNeeded: start),
                count: UInt32(truncatingIfNeeded: text.count - start), end: UInt32(truncatingIfNeeded: index + 1),
                line: UInt32(truncatingIfNeeded: mark.line), column: UInt32(truncatingIfNeeded: mark.column)))
        return index
    }

    mutating func append(_ bytes: ArraySlice<UInt8>, _ mark: Mark) throws(ScanError) {
        text.append(contentsOf: bytes)
        guard text.count <= limits.text else { throw ScanError(.objectTooLarge(limit: limits.text), mark) }
    }

    mutating func append(_ byte: UInt8, _ mark: Mark) throws(ScanError) {
        text.append(byte)
        guard text.count <= limits.text else { throw ScanError(.objectTooLarge(limit: limits.text), mark) }
    }

    mutating func append(_ scalar: Unicode.Scalar) {
        text.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    }

    /// Appends a value of another tape, wherever that stands now.
    mutating func append(_ index: Int, of other: Tape, _ mark: Mark) throws(ScanError) {
        let range = index..<Int(other.nodes[index].end)
        let shift = nodes.count - index
        guard nodes.count + range.count <= limits.values else {
            throw ScanError(.tooManyValues(limit: limits.values), mark)
        }
        for var node in other.nodes[range] {
            let bytes = other.text[Int(node.start)..<Int(node.start + node.count)]
            node.start = UInt32(truncatingIfNeeded: text.count)
            node.end = UInt32(truncatingIfNeeded: Int(node.end) + shift)
            try append(bytes, mark)
            nodes.append(node)
        }
    }

    func string(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    func bytes(_ index: Int) -> ArraySlice<UInt8> {
        let node = nodes[index]
        return text[Int(node.start)..<Int(node.start + node.count)]
    }

    /// The value of a mapping's own member, else of one that `<<` lends; nil without one.
    func member(of mapping: Int, _ name: String) -> Int? {
        guard nodes[mapping].kind == .mapping else { return nil }
        var merges: [Int] = []
        var key = mapping + 1
        while key < nodes[mapping].end {
            if nodes[key].kind == .mergeKey {
                merges.append(key + 1)
            } else if isText(key, name) {
                return key + 1
            }
            key = Int(nodes[key + 1].end)
        }
        for merge in merges {
            for source in nodes[merge].kind == .sequence ? items(of: merge) : [merge] {
                if let value = member(of: source, name) { return value }
            }
        }
        return nil
    }

    func items(of sequence: Int) -> [Int] {
        var items: [Int] = []
        var item = sequence + 1
        while item < nodes[sequence].end {
            items.append(item)
            item = Int(nodes[item].end)
        }
        return items
    }

    private func isText(_ index: Int, _ name: String) -> Bool {
        let node = nodes[index]
        let wanted = name.utf8Span.span
        guard Int(node.count) == wanted.count else { return false }
        let have = text.span
        let start = Int(node.start)
        for offset in wanted.indices where have[start + offset] != wanted[offset] { return false }
        return true
    }

    private func refuseRepeatedKeys(of mapping: Int) throws(ScanError) {
        var keys: [Int] = []
        var key = mapping + 1
        while key < nodes[mapping].end {
            keys.append(key)
            key = Int(nodes[key + 1].end)
        }
        guard let repeated = keys.count <= 16 ? repeatedOfFew(keys) : repeatedOfMany(keys) else { return }
        throw ScanError(.duplicateKey(string(repeated)), nodes[repeated].mark)
    }

    private func repeatedOfFew(_ keys: [Int]) -> Int? {
        for (position, key) in keys.enumerated() {
            for other in keys[..<position] where nodes[other].count == nodes[key].count && bytes(other) == bytes(key) {
                return key
            }
        }
        return nil
    }

    private func repeatedOfMany(_ keys: [Int]) -> Int? {
        var seen: Set<ArraySlice<UInt8>> = []
        return keys.first { !seen.insert(bytes($0)).inserted }
    }
}

extension Tape {
    /// Where a value stands in its object, as `spec.ports[0].port`; empty for the object itself.
    func path(to node: Int) -> String {
        var path = ""
        var container = 0
        while container < node, let step = step(from: container, towards: node) {
            path += step.text
            container = step.node
        }
        return path.hasPrefix(".") ? String(path.dropFirst()) : path
    }

    private func step(from container: Int, towards node: Int) -> (text: String, node: Int)? {
        switch nodes[container].kind {
        case .sequence:
            let items = items(of: container)
            guard let position = items.lastIndex(where: { $0 <= node }) else { return nil }
            return ("[\(position)]", items[position])
        case .mapping:
            var key = container + 1
            while key < nodes[container].end {
                let value = key + 1
                if node < nodes[value].end { return (".\(string(key))", value) }
                key = Int(nodes[value].end)
            }
            return nil
        default: return nil
        }
    }
}
