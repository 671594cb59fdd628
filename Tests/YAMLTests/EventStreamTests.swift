// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite struct EventStreamTests {
    /// The events of a text that comes in pieces of some size, one word each.
    private func events(_ text: String, pieces size: Int = 1000) throws -> [String] {
        var rest = Array(text.utf8)[...]
        let stream = try EventStream {
            defer { rest = rest.dropFirst(size) }
            return Array(rest.prefix(size))
        }
        var words: [String] = []
        while true {
            let event = try stream.next()
            var word =
                switch event.kind {
                case .documentStart: "document"
                case .documentEnd: "end"
                case .streamEnd: ""
                case .scalar: "\(event.isPlain ? "plain" : "quoted") \(String(decoding: stream.text, as: UTF8.self))"
                case .sequenceStart: "["
                case .mappingStart: "{"
                case .containerEnd: "close"
                case .alias(let name): "*\(name)"
                }
            if word.isEmpty { return words }
            if let anchor = event.anchor { word += " &\(anchor)" }
            if let tag = event.tag { word += " \(tag)" }
            words.append("\(event.mark.line):\(event.mark.column) \(word)")
        }
    }

    @Test(arguments: [1, 2, 5, 1000]) func eventsComeWithTheirPlacesHoweverTheTextComes(size: Int) throws {
        let text = "a: &x [1, \"ü\"]\nb: *x\n---\n!!str 7\n"
        #expect(
            try events(text, pieces: size) == [
                "1:1 document", "1:1 {", "1:1 plain a", "1:4 [ &x", "1:8 plain 1", "1:11 quoted ü", "1:14 close",
                "2:1 plain b", "2:4 *x", "3:1 close", "3:1 end", "3:1 document",
                "4:1 plain 7 tag:yaml.org,2002:str", "5:1 end",
            ])
    }

    @Test func theStreamEndsAgainAndAgain() throws {
        let stream = try EventStream { [] }
        for _ in 0..<3 {
            guard case .streamEnd = try stream.next().kind else {
                Issue.record("an empty stream has an event")
                return
            }
        }
    }

    @Test(arguments: [1, 7, 1000]) func errorsNameTheirPlace(size: Int) {
        let broken = ReadError(.syntax("did not find expected node content"), at: Mark(line: 2, column: 4))
        #expect(throws: broken) { try events("a:\n- [}\n", pieces: size) }
    }

    @Test(arguments: [1, 7, 1000]) func bytesThatAreNoTextAreFoundFarIntoTheStream(size: Int) {
        let lines = String(repeating: "- ü\n", count: 20_000)
        let broken = ReadError(.syntax("control characters are not allowed"), at: Mark(line: 20_001, column: 4))
        #expect(throws: broken) { try events(lines + "- ü\u{1}\n", pieces: size) }
    }
}
