// SPDX-License-Identifier: Apache-2.0

import CLibYAML

/// One step through a YAML stream; a scalar's text is ``EventStream/text`` until the next step.
package struct StreamEvent: Sendable {
    package enum Kind: Sendable {
        case documentStart
        case documentEnd
        case streamEnd
        case scalar
        case sequenceStart
        case mappingStart
        case containerEnd
        /// Stands for the node that bears this anchor.
        case alias(String)
    }

    package let kind: Kind
    package let mark: Mark
    package var anchor: String?
    /// The explicit tag in its long form (`tag:yaml.org,2002:str`).
    package var tag: String?
    /// A scalar that is neither quoted nor a block: only then may it mean something else than its text.
    package var isPlain = false
}

/// Steps through YAML of any length while it is being read: neither the text nor a tree of it is held.
///
/// libyaml: `yaml_parser_set_input`, `yaml_parser_parse`.
@safe
package final class EventStream {
    /// The scalar of the event that came last; UTF-8, escapes and folding undone.
    package private(set) var text: [UInt8] = []

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let read: () -> [UInt8]
    private var chunk: [UInt8] = []
    private var used = 0
    private var recent = RecentInput()

    /// - Parameter read: gives the next bytes, none at the end.
    /// - Throws: ``ReadError`` when there is no memory for the parser.
    package init(reading read: @escaping () -> [UInt8]) throws(ReadError) {
        unsafe parser = .allocate(capacity: 1)
        self.read = read
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            // Deinit runs from here on and needs something to delete.
            unsafe parser.initialize(to: yaml_parser_t())
            throw ReadError(.outOfMemory, at: Mark(line: 1, column: 1))
        }
        // The parser lives as long as this object, which alone calls it.
        let object = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe yaml_parser_set_input(parser, handOver, object)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
    }

    /// The next event; `streamEnd` again and again at the end. After an error there is nothing to go on with.
    package func next() throws(ReadError) -> StreamEvent {
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe failure(parser.pointee) }
            defer { unsafe yaml_event_delete(&event) }
            // libyaml has nothing more to say after the stream's end.
            if unsafe parser.pointee.state == YAML_PARSE_END_STATE, unsafe event.type == YAML_NO_EVENT {
                return StreamEvent(kind: .streamEnd, mark: Mark(line: 1, column: 1))
            }
            if let copy = unsafe copy(event) { return copy }
        }
    }

    fileprivate func fill(_ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        if used == chunk.count {
            chunk = read()
            used = 0
        }
        let end = min(used + buffer.count, chunk.count)
        let bytes = chunk[used..<end]
        _ = unsafe buffer.initialize(from: bytes)
        used = bytes.endIndex
        recent.append(bytes)
        return bytes.count
    }

    /// Nil for the stream's start, which says nothing.
    private func copy(_ event: yaml_event_t) -> StreamEvent? {
        let mark = unsafe Mark(line: event.start_mark.line + 1, column: event.start_mark.column + 1)
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: return StreamEvent(kind: .documentStart, mark: mark)
        case YAML_DOCUMENT_END_EVENT: return StreamEvent(kind: .documentEnd, mark: mark)
        case YAML_STREAM_END_EVENT: return StreamEvent(kind: .streamEnd, mark: mark)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return StreamEvent(kind: .containerEnd, mark: mark)
        case YAML_ALIAS_EVENT:
            return unsafe StreamEvent(kind: .alias(string(event.data.alias.anchor) ?? ""), mark: mark)
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            return unsafe StreamEvent(
                kind: .sequenceStart, mark: mark, anchor: string(start.anchor), tag: string(start.tag))
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            return unsafe StreamEvent(
                kind: .mappingStart, mark: mark, anchor: string(start.anchor), tag: string(start.tag))
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            text.removeAll(keepingCapacity: true)
            unsafe text.append(contentsOf: UnsafeBufferPointer(start: scalar.value, count: scalar.length))
            return unsafe StreamEvent(
                kind: .scalar, mark: mark, anchor: string(scalar.anchor), tag: string(scalar.tag),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        default: return nil
        }
    }

    private func failure(_ state: yaml_parser_t) -> ReadError {
        let words = unsafe state.problem.map { unsafe String(cString: $0) } ?? "unreadable"
        switch unsafe state.error {
        case YAML_MEMORY_ERROR:
            return unsafe ReadError(.outOfMemory, at: Mark(line: state.mark.line + 1, column: state.mark.column + 1))
        case YAML_READER_ERROR:
            return unsafe ReadError(.syntax(words), at: recent.mark(ofByte: state.problem_offset))
        default:
            let mark = unsafe state.problem_mark
            return ReadError(.syntax(words), at: Mark(line: mark.line + 1, column: mark.column + 1))
        }
    }
}

/// libyaml: `yaml_read_handler_t`.
private func handOver(
    _ object: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ size: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> Int32 {
    guard let object = unsafe object, let buffer = unsafe buffer else { return 0 }
    let stream = unsafe Unmanaged<EventStream>.fromOpaque(object).takeUnretainedValue()
    unsafe count?.pointee = unsafe stream.fill(UnsafeMutableBufferPointer(start: buffer, count: size))
    return 1
}

private func string(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
}

/// The bytes that libyaml took last: its reader stage, which is ahead of the scanner, names byte offsets only.
private struct RecentInput {
    private struct Block {
        let offset: Int
        let mark: Mark
        let bytes: ArraySlice<UInt8>
    }

    private var blocks: [Block] = []
    private var end = 0
    private var endMark = Mark(line: 1, column: 1)

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        // The parser looks back by less than what it is handed at a time.
        if blocks.count == 3 { blocks.removeFirst() }
        blocks.append(Block(offset: end, mark: endMark, bytes: bytes))
        end += bytes.count
        endMark = advance(endMark, over: bytes)
    }

    func mark(ofByte offset: Int) -> Mark {
        guard let block = blocks.last(where: { $0.offset <= offset }) else { return endMark }
        return advance(block.mark, over: block.bytes.prefix(offset - block.offset))
    }

    private func advance(_ mark: Mark, over bytes: ArraySlice<UInt8>) -> Mark {
        var (line, column) = (mark.line, mark.column)
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
        }
        return Mark(line: line, column: column)
    }
}
