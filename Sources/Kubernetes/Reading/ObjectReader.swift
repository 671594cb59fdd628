// SPDX-License-Identifier: Apache-2.0

import YAML

/// Reads what `kubectl get -o yaml` or `-o json` prints: objects, lists, several documents, JSON lines.
///
/// Lists are read item by item: memory holds one object's text and what a proxy has to know of the others.
package struct ObjectReader {
    package private(set) var objects = ObjectSet()
    private let limits: ObjectLimits

    package init(limits: ObjectLimits = ObjectLimits()) { self.limits = limits }

    /// Adds the objects of one input; nothing of it is to be used after an error.
    ///
    /// - Parameter name: what errors call the input.
    /// - Parameter chunks: gives the next bytes, none at the end.
    /// - Throws: ``ObjectReadFailure``.
    package mutating func read(_ name: String, from chunks: @escaping () throws -> [UInt8]) throws(ObjectReadFailure) {
        let source = ByteSource(limits: limits, reading: chunks)
        var pass = ReadingPass(input: name, objects: objects, limits: limits, source: source)
        do {
            if Self.isJSON(source.peek()) {
                try pass.read(JSONScanner(source, limits: limits))
            } else {
                try pass.readYAML()
            }
        } catch {
            if case .failure(let error)? = source.stop { throw .unreadable(error) }
            throw .refused(error)
        }
        if case .failure(let error)? = source.stop { throw .unreadable(error) }
        objects = pass.objects
    }

    package mutating func read(_ name: String, bytes: [UInt8]) throws(ObjectReadFailure) {
        var rest: [UInt8]? = bytes
        try read(name) {
            defer { rest = nil }
            return rest ?? []
        }
    }

    /// Whether a brace opens the input with a quoted key in it: YAML's own `{a: b}` is left to YAML.
    static func isJSON(_ start: [UInt8]) -> Bool {
        var rest = start[...]
        if rest.starts(with: [0xef, 0xbb, 0xbf]) { rest = rest.dropFirst(3) }
        rest = rest.drop(while: isSpace)
        guard rest.first == UInt8(ascii: "{") else { return false }
        let next = rest.dropFirst().first { !isSpace($0) }
        return next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
    }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

/// One walk over one input.
private struct ReadingPass {
    let input: String
    var objects: ObjectSet
    let limits: ObjectLimits
    let source: ByteSource
    private var document = 0
    private var tape: Tape
    private var item: Tape

    init(input: String, objects: ObjectSet, limits: ObjectLimits, source: ByteSource) {
        self.input = input
        self.objects = objects
        self.limits = limits
        self.source = source
        tape = Tape(limits: limits)
        item = Tape(limits: limits)
    }

    mutating func readYAML() throws(ObjectReadError) {
        let scanner: YAMLScanner
        do {
            scanner = try YAMLScanner(source, limits: limits)
        } catch {
            throw refusal(error)
        }
        try read(scanner)
    }

    mutating func read(_ scanner: consuming some DocumentScanner & ~Copyable) throws(ObjectReadError) {
        do throws(ScanError) {
            while true {
                source.beginObject()
                guard try scanner.nextDocument() else { break }
                document += 1
                try readDocument(&scanner)
            }
            if source.stop != nil { throw ScanError(.notAnObject, scanner.mark) }
        } catch {
            throw refusal(error)
        }
    }

    private mutating func readDocument(_ scanner: inout some DocumentScanner & ~Copyable) throws(ScanError) {
        tape.reset()
        let mark = scanner.mark
        guard case .mapping = try scanner.valueAhead() else {
            try scanner.read(into: &tape)
            guard Field(tape).type == .null else { throw ScanError(.notAnObject, mark) }
            return
        }
        let before = objects
        var hasItems = false
        let root = try tape.open(.mapping, mark)
        try scanner.enter()
        while let key = try scanner.nextKey(into: &tape) {
            if key == "items", !hasItems, case .sequence = try scanner.valueAhead() {
                hasItems = true
                let list = try tape.open(.sequence, scanner.mark)
                try tape.close(list)
                try tape.close(root)
                try readItems(&scanner)
            } else {
                try scanner.read(into: &tape)
            }
        }
        try tape.close(root)
        try takeDocument(before: before, hasItems: hasItems)
    }

    private mutating func readItems(_ scanner: inout some DocumentScanner & ~Copyable) throws(ScanError) {
        let listKind = try? kind(of: Field(tape))
        try scanner.enter()
        var index = 0
        while try scanner.nextItem() {
            source.beginObject()
            item.reset()
            try scanner.read(into: &item)
            do throws(FieldError) {
                guard item.nodes[0].kind == .mapping else { throw Field(item).failing(.notAnObject) }
                try objects.add(Field(item), try kind(of: Field(item), in: listKind))
            } catch {
                throw ScanError(error, item, within: "items[\(index)]")
            }
            index += 1
        }
    }

    /// Takes the document's object, unless it was a list, whose items were taken already.
    private mutating func takeDocument(before: ObjectSet, hasItems: Bool) throws(ScanError) {
        do throws(FieldError) {
            let kind = try kind(of: Field(tape))
            if kind.kind.hasSuffix("List") { return }
            // Not a list at all: a kind of somebody's own that has a member of this name.
            if hasItems { objects = before }
            try objects.add(Field(tape), kind)
        } catch {
            throw ScanError(error, tape)
        }
    }

    /// - Parameter list: the kind of the list that the object is an item of, which says what it is if it does not.
    private func kind(of object: Field, in list: ObjectSet.UnknownKind? = nil) throws(FieldError)
        -> ObjectSet.UnknownKind
    {
        var apiVersion = try object.string("apiVersion")
        var kind = try object.string("kind")
        if let list, kind == nil, list.kind.hasSuffix("List"), list.kind != "List" {
            kind = String(list.kind.dropLast("List".count))
            apiVersion = apiVersion ?? list.apiVersion
        }
        guard let apiVersion else { throw FieldError(node: object.node, missing: "apiVersion", problem: .missing) }
        if apiVersion.hasPrefix("ebpfctl/") { throw object.failing(.ownDocument(apiVersion: apiVersion)) }
        guard let kind else { throw FieldError(node: object.node, missing: "kind", problem: .missing) }
        return ObjectSet.UnknownKind(apiVersion: apiVersion, kind: kind)
    }

    private func refusal(_ error: ScanError) -> ObjectReadError {
        // Where reading was stopped, what the scanner says of the rest means nothing.
        let stop = source.stop.flatMap(problem)
        return ObjectReadError(
            input: input, document: max(document, 1), mark: error.mark, object: stop == nil ? error.object : nil,
            path: stop == nil ? error.path : "", problem: stop ?? error.problem)
    }

    private func problem(_ stop: ByteSource.Stop) -> ObjectReadError.Problem? {
        switch stop {
        case .failure: nil
        case .tooLong: .inputTooLong(limit: limits.input)
        case .objectTooLarge: .objectTooLarge(limit: limits.text)
        }
    }
}

extension ScanError {
    fileprivate init(_ error: FieldError, _ tape: Tape, within container: String = "") {
        self.init(error.problem, tape.nodes[error.node].mark)
        object = caption(Field(tape))
        path = [container, tape.path(to: error.node), error.missing ?? ""].filter { !$0.isEmpty }
            .joined(separator: ".")
    }
}

/// Kind and name, as far as they can be read.
private func caption(_ object: Field) -> ObjectReadError.Subject? {
    guard let kind = try? object.string("kind"), let metadata = try? object.member("metadata"),
        let name = try? metadata.string("name")
    else { return nil }
    let namespace = try? metadata.string("namespace")
    return ObjectReadError.Subject(kind: kind, name: namespace.map { "\($0)/\(name)" } ?? name)
}
