// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite struct DocumentReaderTests {
    private func read(_ text: String, _ limits: ReadLimits = .init()) throws(ReadError) -> [Node] {
        try DocumentReader.readAll(Array(text.utf8), limits: limits)
    }

    @Test func nodesKnowTheirPlaceAndStyle() throws {
        let document = try #require(try read("# comment\nname: 'web'\nports:\n  - é: 80\n").first)
        #expect(document.mark == Mark(line: 2, column: 1))
        let entries = try #require(document.entries)
        #expect(entries.map(\.key) == ["name", "ports"])
        #expect(entries.map(\.keyMark) == [Mark(line: 2, column: 1), Mark(line: 3, column: 1)])
        #expect(document["name"]?.value == .string("web"))
        #expect(document["name"]?.mark == Mark(line: 2, column: 7))
        let port = try #require(document["ports"]?.items?.first?["é"])
        #expect(port.mark == Mark(line: 4, column: 8))
        #expect(port.value == .integer(80))
        #expect(document["absent"] == nil)
        #expect(port["absent"] == nil)
    }

    @Test func documentsOfAStreamComeOneByOneAndEmptyOnesAreNull() throws {
        let documents = try read("a\n---\n---\nb\n...\n")
        #expect(documents.map(\.value) == [.string("a"), .null, .string("b")])
        #expect(try read("").isEmpty)
        #expect(try read("# nothing\n").isEmpty)
    }

    @Test func goodDocumentsComeBeforeTheErrorInALaterOne() throws {
        var reader = try DocumentReader(Array("a: 1\n---\n{".utf8))
        #expect(try reader.next()?["a"]?.value == .integer(1))
        do {
            _ = try reader.next()
            Issue.record("the second document was read")
        } catch {
            #expect(error.description == "line 3, column 2: did not find expected node content")
        }
    }

    @Test func jsonIsRead() throws {
        let json = "{\n\t\"items\": [1, -2.5e3, true, null, \"a\\u00e9\\/\\n\"],\n\t\"empty\": {}\n}\n"
        let document = try #require(try read(json).first)
        #expect(
            document["items"]?.items?.map(\.value) == [
                .integer(1), .float(-2500), .bool(true), .null, .string("aé/\n"),
            ])
        #expect(document["empty"]?.entries?.isEmpty == true)
    }

    @Test func aliasesAndMergesAreResolved() throws {
        let document = try #require(
            try read("base: &b {a: 1, b: 2}\nlist: [*b, &s x, *s]\nmerged: {<<: [*b, {c: 3, a: 9}], b: 5}\n").first)
        #expect(document["list"]?.items?[0]["a"]?.value == .integer(1))
        #expect(document["list"]?.items?[2].value == .string("x"))
        let merged = try #require(document["merged"]?.entries)
        #expect(merged.map(\.key) == ["b", "a", "c"])
        #expect(merged.map(\.value.value) == [.integer(5), .integer(1), .integer(3)])
    }

    @Test(arguments: [
        ("a: 1\na: 2", "line 2, column 1: duplicate key 'a'"),
        ("1: x\n'1': y", "line 2, column 1: duplicate key '1'"),
        ("[a]: b", "line 1, column 1: a key must be a scalar"),
        ("a: *b", "line 1, column 4: unknown alias '*b'"),
        ("&a [*a]", "line 1, column 5: unknown alias '*a'"),
        ("&a x\n---\n*a", "line 3, column 1: unknown alias '*a'"),
        ("a: {<<: 1}", "line 1, column 9: '<<' must be a mapping or a list of mappings"),
        ("a: !!int x", "line 1, column 4: 'x' is not a value of 'tag:yaml.org,2002:int'"),
        ("a: [1, 2", "line 1, column 9: did not find expected ',' or ']'"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed in this context"),
        ("a: 'x", "line 1, column 6: found unexpected end of stream"),
        ("a:\n\tb: c", "line 2, column 1: found character that cannot start any token"),
        ("a: é\u{1}", "line 1, column 5: control characters are not allowed"),
        ("%YAML 9.0\n---\na", "line 1, column 1: found incompatible YAML document"),
    ])
    func badDocumentsAreRefusedWithTheirPlace(text: String, expected: String) {
        let error = #expect(throws: ReadError.self) { try read(text) }
        #expect(error?.description == expected)
    }

    @Test func invalidUTF8IsRefusedWithItsPlace() {
        let error = #expect(throws: ReadError.self) { try DocumentReader.readAll(Array("a: 1\nb: ".utf8) + [0xff]) }
        #expect(error?.description == "line 2, column 4: invalid leading UTF-8 octet")
    }

    @Test func depthIsLimited() throws {
        let limits = ReadLimits(depth: 3)
        #expect(throws: Never.self) { try read("[[x]]", limits) }
        #expect(throws: ReadError(.tooDeep(limit: 3), at: Mark(line: 1, column: 4))) { try read("[[[x]]]", limits) }
        #expect(throws: ReadError(.tooDeep(limit: 3), at: Mark(line: 2, column: 6))) {
            try read("a: &a [x]\nb: [[*a]]", limits)
        }
    }

    @Test func aliasesThatMultiplyAreLimited() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let previous = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(previous)]\n"
        }
        let error = #expect(throws: ReadError.self) { try read(text) }
        #expect(error?.problem == .tooManyNodes(limit: 4_000_000))
        #expect(error?.mark.line == 7)
    }

    @Test func lengthIsLimited() {
        let error = #expect(throws: ReadError.self) { try read("12345", .init(bytes: 4)) }
        #expect(error?.description == "line 1, column 1: 5 bytes are more than the limit of 4")
    }

    @Test func randomInputIsReadOrRefusedAndNeverCrashes() {
        var generator = SeededGenerator(state: 42)
        let pieces = [
            "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ",", "&x ", "*x", "!!int ", "!t ", "'", "\"", "|\n",
            ">-\n", "#", "<<",
            "? ", "---\n", "...\n", "\t", "\\", "%", "1", "\u{85}", "é", "\u{1}", "null",
        ]
        var read = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<generator.next() % 24 {
                bytes += Array(pieces[Int(generator.next() % UInt64(pieces.count))].utf8)
            }
            if generator.next() % 8 == 0 { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
            do {
                _ = try DocumentReader.readAll(bytes)
                read += 1
            } catch {
                #expect(error.mark.line >= 1 && error.mark.column >= 1 && !error.description.isEmpty)
            }
        }
        #expect(read > 500 && read < 19_500)
    }
}

/// Deterministic numbers (SplitMix64).
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
