// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads JSON documents that follow one another, with or without lines between them (RFC 8259, strictly).
struct JSONScanner: ~Copyable, DocumentScanner {
    private var text: JSONText
    private let limits: ObjectLimits
    /// For each container that was entered, whether none of its members has been met yet.
    private var isFresh: [Bool] = []

    init(_ source: ByteSource, limits: ObjectLimits) {
        text = JSONText(source)
        self.limits = limits
    }

    var mark: Mark { text.mark }

    mutating func nextDocument() throws(ScanError) -> Bool {
        text.skipSpace()
        guard let byte = text.peek() else { return false }
        guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") else { throw text.unexpected(.document) }
        return true
    }

    mutating func valueAhead() throws(ScanError) -> ValueAhead {
        switch text.peek() {
        case UInt8(ascii: "{"): .mapping
        case UInt8(ascii: "["): .sequence
        default: .scalar
        }
    }

    mutating func enter() throws(ScanError) {
        text.skip()
        isFresh.append(true)
    }

    mutating func nextKey(into tape: inout Tape) throws(ScanError) -> String? {
        guard try hasMember(closing: UInt8(ascii: "}")) else { return nil }
        let key = try key(&tape)
        return tape.string(key)
    }

    mutating func nextItem() throws(ScanError) -> Bool { try hasMember(closing: UInt8(ascii: "]")) }

    mutating func read(into tape: inout Tape) throws(ScanError) { try value(&tape, depth: 1 + isFresh.count) }

    private mutating func hasMember(closing end: UInt8) throws(ScanError) -> Bool {
        text.skipSpace()
        let isFirst = isFresh.removeLast()
        if text.peek() == end {
            text.skip()
            return false
        }
        if !isFirst {
            guard text.peek() == UInt8(ascii: ",") else { throw text.unexpected(.commaOrEnd) }
            text.skip()
            text.skipSpace()
        }
        isFresh.append(false)
        return true
    }

    private mutating func value(_ tape: inout Tape, depth: Int) throws(ScanError) {
        let mark = text.mark
        switch text.peek() {
        case UInt8(ascii: "{"): try mapping(&tape, mark, depth)
        case UInt8(ascii: "["): try sequence(&tape, mark, depth)
        case UInt8(ascii: "\""):
            let start = tape.text.count
            try text.string(into: &tape)
            try tape.add(.string, from: start, mark)
        default: try text.word(into: &tape, mark)
        }
    }

    private mutating func mapping(_ tape: inout Tape, _ mark: Mark, _ depth: Int) throws(ScanError) {
        guard depth <= limits.depth else { throw ScanError(.tooDeep(limit: limits.depth), mark) }
        let node = try tape.open(.mapping, mark)
        text.skip()
        text.skipSpace()
        var isFirst = true
        while text.peek() != UInt8(ascii: "}") {
            if !isFirst { try comma() }
            isFirst = false
            try key(&tape)
            try value(&tape, depth: depth + 1)
            text.skipSpace()
        }
        text.skip()
        try tape.close(node)
    }

    private mutating func sequence(_ tape: inout Tape, _ mark: Mark, _ depth: Int) throws(ScanError) {
        guard depth <= limits.depth else { throw ScanError(.tooDeep(limit: limits.depth), mark) }
        let node = try tape.open(.sequence, mark)
        text.skip()
        text.skipSpace()
        var isFirst = true
        while text.peek() != UInt8(ascii: "]") {
            if !isFirst { try comma() }
            isFirst = false
            try value(&tape, depth: depth + 1)
            text.skipSpace()
        }
        text.skip()
        try tape.close(node)
    }

    private mutating func comma() throws(ScanError) {
        guard text.peek() == UInt8(ascii: ",") else { throw text.unexpected(.commaOrEnd) }
        text.skip()
        text.skipSpace()
    }

    /// A key and its colon.
    @discardableResult
    private mutating func key(_ tape: inout Tape) throws(ScanError) -> Int {
        guard text.peek() == UInt8(ascii: "\"") else { throw text.unexpected(.key) }
        let (mark, start) = (text.mark, tape.text.count)
        try text.string(into: &tape)
        let node = try tape.add(.string, from: start, mark)
        text.skipSpace()
        guard text.peek() == UInt8(ascii: ":") else { throw text.unexpected(.colon) }
        text.skip()
        text.skipSpace()
        return node
    }
}
