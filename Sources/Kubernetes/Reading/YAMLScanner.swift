// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads YAML documents event by event; aliases are copied out, so that an object is complete by itself.
struct YAMLScanner: ~Copyable, DocumentScanner {
    private let stream: EventStream
    private let limits: ObjectLimits
    private var ahead: StreamEvent
    private var depth = 0
    private var anchors: [String: Tape] = [:]
    private var aliased = 0

    init(_ source: ByteSource, limits: ObjectLimits) throws(ScanError) {
        let first: (EventStream, StreamEvent)
        do {
            let stream = try EventStream { source.next() }
            first = (stream, try stream.next())
        } catch {
            throw ScanError(error)
        }
        (stream, ahead) = first
        self.limits = limits
    }

    var mark: Mark { ahead.mark }

    mutating func nextDocument() throws(ScanError) -> Bool {
        while true {
            switch ahead.kind {
            case .streamEnd: return false
            case .documentStart:
                anchors = [:]
                try advance()
                return true
            default: try advance()
            }
        }
    }

    mutating func valueAhead() throws(ScanError) -> ValueAhead {
        switch ahead.kind {
        case .mappingStart: .mapping
        case .sequenceStart: .sequence
        default: .scalar
        }
    }

    mutating func enter() throws(ScanError) {
        depth += 1
        try advance()
    }

    mutating func nextKey(into tape: inout Tape) throws(ScanError) -> String? {
        guard try hasMember() else { return nil }
        let key = try key(&tape)
        return tape.string(key)
    }

    mutating func nextItem() throws(ScanError) -> Bool { try hasMember() }

    mutating func read(into tape: inout Tape) throws(ScanError) { try value(&tape, depth: depth + 1) }

    private mutating func hasMember() throws(ScanError) -> Bool {
        guard case .containerEnd = ahead.kind else { return true }
        depth -= 1
        try advance()
        return false
    }

    private mutating func advance() throws(ScanError) {
        do {
            ahead = try stream.next()
        } catch {
            throw ScanError(error)
        }
    }

    private mutating func value(_ tape: inout Tape, depth: Int) throws(ScanError) {
        let event = ahead
        let node = tape.nodes.count
        switch event.kind {
        case .scalar:
            let start = tape.text.count
            try tape.append(stream.text[...], event.mark)
            try tape.add(event.isUntyped ? .plain : .string, from: start, event.mark)
        case .sequenceStart: try sequence(&tape, depth)
        case .mappingStart: try mapping(&tape, depth)
        case .alias(let name):
            guard let target = anchors[name] else { throw ScanError(.yaml(.unknownAlias(name)), event.mark) }
            try countAliased(target.nodes.count, event.mark)
            try tape.append(0, of: target, event.mark)
        case .documentStart, .documentEnd, .streamEnd, .containerEnd: return
        }
        if let anchor = event.anchor {
            var copy = Tape(limits: limits)
            try countAliased(Int(tape.nodes[node].end) - node, event.mark)
            try copy.append(node, of: tape, event.mark)
            anchors[anchor] = copy
        }
        try advance()
    }

    /// Leaves the end of the sequence ahead.
    private mutating func sequence(_ tape: inout Tape, _ depth: Int) throws(ScanError) {
        let node = try open(.sequence, &tape, depth)
        while !ahead.isEnd { try value(&tape, depth: depth + 1) }
        try tape.close(node)
    }

    /// Leaves the end of the mapping ahead.
    private mutating func mapping(_ tape: inout Tape, _ depth: Int) throws(ScanError) {
        let node = try open(.mapping, &tape, depth)
        while !ahead.isEnd {
            let key = try key(&tape)
            let mark = ahead.mark
            try value(&tape, depth: depth + 1)
            if tape.nodes[key].kind == .mergeKey, !tape.isMergeable(key + 1) {
                throw ScanError(.yaml(.mergeNotMapping), mark)
            }
        }
        try tape.close(node)
    }

    private mutating func open(_ kind: Tape.Kind, _ tape: inout Tape, _ depth: Int) throws(ScanError) -> Int {
        guard depth <= limits.depth else { throw ScanError(.tooDeep(limit: limits.depth), ahead.mark) }
        let node = try tape.open(kind, ahead.mark)
        try advance()
        return node
    }

    private mutating func key(_ tape: inout Tape) throws(ScanError) -> Int {
        guard case .scalar = ahead.kind else { throw ScanError(.yaml(.keyNotScalar), ahead.mark) }
        let start = tape.text.count
        try tape.append(stream.text[...], ahead.mark)
        let isMerge = ahead.isPlain && ahead.tag == nil && stream.text.elementsEqual("<<".utf8)
        let node = try tape.add(isMerge ? .mergeKey : .string, from: start, ahead.mark)
        try advance()
        return node
    }

    private mutating func countAliased(_ count: Int, _ mark: Mark) throws(ScanError) {
        aliased += count
        guard aliased <= limits.aliased else { throw ScanError(.tooManyAliases(limit: limits.aliased), mark) }
    }
}

extension StreamEvent {
    fileprivate var isEnd: Bool {
        if case .containerEnd = kind { true } else { false }
    }

    /// The scalar's text decides what it is. Tags that are not YAML's own say nothing to Kubernetes.
    fileprivate var isUntyped: Bool {
        switch tag {
        case "tag:yaml.org,2002:str": false
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null":
            true
        default: isPlain
        }
    }
}

extension Tape {
    fileprivate func isMergeable(_ value: Int) -> Bool {
        switch nodes[value].kind {
        case .mapping: true
        case .sequence: items(of: value).allSatisfy { nodes[$0].kind == .mapping }
        default: false
        }
    }
}

extension ScanError {
    fileprivate init(_ error: ReadError) { self.init(.yaml(error.problem), error.mark) }
}
