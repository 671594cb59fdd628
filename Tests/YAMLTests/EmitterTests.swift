// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

@Suite struct EmitterTests {
    @Test(arguments: [
        "web", "default/web:http", "10.0.0.1", "10.0.0.0/8", "10.96.0.10:80/tcp", "2001:db8::1",
        "a sentence, with (marks)",
        "80/tcp", "4.5s", "/sys/fs/bpf", "it's", "nope", "infinite",
    ])
    func harmlessStringsStayPlain(text: String) {
        #expect(emitted(text) == text)
    }

    @Test(arguments: [
        "", "no", "Yes", "oN", "y", "null", "NaN", "~", "1", "-1", "+1", "0x1f", "1e3", ".5", "...", "1:30", "1,000",
        "2001-12-14",
        "2001-12-14 21:59:43.10 -5", "=", "<<", "-", "- a", "a: b", "a:", "a #b", "*a", "&a", "!a", "%a", "@a", "[a]",
        "{a}", " a",
        "a ", "é", "'a'",
    ])
    func stringsThatAReaderCouldMistakeAreQuoted(text: String) {
        #expect(emitted(text) == "\"\(text)\"")
    }

    @Test func containersNestInBlockStyle() {
        var emitter = Emitter()
        emitter.beginMapping()
        emitter.key("a")
        emitter.beginSequence()
        emitter.item()
        emitter.beginSequence()
        emitter.item()
        emitter.string("x")
        emitter.item()
        emitter.beginMapping()
        emitter.key("k")
        emitter.literal { $0.append(contentsOf: "1".utf8) }
        emitter.key("z")
        emitter.beginSequence()
        emitter.endSequence()
        emitter.endMapping()
        emitter.endSequence()
        emitter.item()
        emitter.beginMapping()
        emitter.endMapping()
        emitter.endSequence()
        emitter.key("no")
        emitter.beginMapping()
        emitter.key("b")
        emitter.string("c")
        emitter.endMapping()
        emitter.endMapping()
        #expect(
            String(decoding: emitter.bytes, as: UTF8.self) == """
                a:
                - - x
                  - k: 1
                    z: []
                - {}
                "no":
                  b: c

                """)
    }

    @Test func anEmptyDocumentIsAnEmptyMapping() {
        var emitter = Emitter()
        emitter.beginMapping()
        emitter.endMapping()
        #expect(emitter.bytes == Array("{}\n".utf8))
    }

    private func emitted(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.appendScalar(text)
        return String(decoding: bytes, as: UTF8.self)
    }
}
