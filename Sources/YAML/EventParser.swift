// SPDX-License-Identifier: Apache-2.0

import CLibYAML

/// What libyaml's parser reports, copied out of its memory.
enum Event {
    case documentStart
    case documentEnd
    case streamEnd
    case scalar(Scalar, Properties)
    case sequenceStart(Properties)
    case mappingStart(Properties)
    case containerEnd
    case alias(String)

    struct Properties {
        let anchor: String?
        let tag: String?
    }
}

/// The only user of libyaml: owns its parser and the bytes that it reads.
///
/// libyaml: `yaml_parser_t`.
@safe
final class EventParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeMutableBufferPointer<UInt8>
    /// Once it has been met: libyaml goes on with empty events.
    private var end: Mark?

    /// - Throws: ``ReadError`` when there is no memory for the parser.
    init(_ bytes: [UInt8]) throws(ReadError) {
        unsafe parser = .allocate(capacity: 1)
        unsafe input = .allocate(capacity: bytes.count)
        _ = unsafe input.initialize(from: bytes)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            // Deinit runs from here on and needs something to delete.
            unsafe parser.initialize(to: yaml_parser_t())
            throw ReadError(.outOfMemory, at: Mark(line: 1, column: 1))
        }
        unsafe yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe input.deallocate()
    }

    /// The next event and where it starts; `streamEnd` again and again at the end.
    ///
    /// libyaml: `yaml_parser_parse`.
    func next() throws(ReadError) -> (Event, Mark) {
        if let end { return (.streamEnd, end) }
        while true {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw unsafe failure(parser.pointee) }
            defer { unsafe yaml_event_delete(&event) }
            guard let copy = unsafe Event(event) else { continue }
            let mark = unsafe Mark(event.start_mark)
            if case .streamEnd = copy { end = mark }
            return (copy, mark)
        }
    }

    private func failure(_ state: yaml_parser_t) -> ReadError {
        let words = unsafe state.problem.map { unsafe String(cString: $0) } ?? "unreadable"
        switch unsafe state.error {
        case YAML_MEMORY_ERROR:
            return unsafe ReadError(.outOfMemory, at: Mark(state.mark))
        case YAML_READER_ERROR:
            return unsafe ReadError(.syntax(words), at: mark(ofByte: state.problem_offset))
        default:
            // libyaml puts what is missing at the end of the last line on a line after it.
            let end = unsafe mark(ofByte: input.count)
            let mark = unsafe Mark(state.problem_mark)
            return ReadError(.syntax(words), at: mark.line > end.line ? end : mark)
        }
    }

    /// The reader stage reports byte offsets only.
    private func mark(ofByte offset: Int) -> Mark {
        var line = 1
        var column = 1
        for index in 0..<min(offset, unsafe input.count) {
            let byte = unsafe input[index]
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

extension Mark {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}

extension Event {
    /// Nil for the stream's start, which says nothing.
    fileprivate init?(_ event: yaml_event_t) {
        switch unsafe event.type {
        case YAML_DOCUMENT_START_EVENT: self = .documentStart
        case YAML_DOCUMENT_END_EVENT: self = .documentEnd
        case YAML_STREAM_END_EVENT: self = .streamEnd
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: self = .containerEnd
        case YAML_ALIAS_EVENT: self = unsafe .alias(text(event.data.alias.anchor) ?? "")
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            self = unsafe .sequenceStart(Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            self = unsafe .mappingStart(Properties(anchor: text(start.anchor), tag: text(start.tag)))
        case YAML_SCALAR_EVENT:
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            // The tag `!` is dropped by libyaml, which then says that the scalar's type is not implicit.
            let isImplicit = unsafe scalar.plain_implicit == 1 || scalar.tag != nil
            let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE && isImplicit
            self = unsafe .scalar(
                Scalar(text: String(decoding: bytes, as: UTF8.self), isPlain: isPlain),
                Properties(anchor: text(scalar.anchor), tag: text(scalar.tag)))
        default: return nil
        }
    }
}

private func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe pointer.map { unsafe String(cString: $0) }
}
