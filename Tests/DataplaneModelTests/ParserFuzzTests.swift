// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Testing

/// Reads a text and writes it again; throws what the parser throws.
private struct Parser: Sendable, CustomTestStringConvertible {
    let name: String
    let examples: [String]
    let canonical: @Sendable (String) throws -> String

    var testDescription: String { name }

    init(_ name: String, _ examples: [String], _ canonical: @escaping @Sendable (String) throws -> String) {
        self.name = name
        self.examples = examples
        self.canonical = canonical
    }
}

@Suite struct ParserFuzzTests {
    private static let parsers = [
        Parser("address", ["10.0.0.1", "fd00::1", "::ffff:1.2.3.4"]) { try IPAddress($0).description },
        Parser("prefix", ["10.0.0.0/8", "fd00::/64"]) { try Prefix($0).description },
        Parser("port range", ["30000-32767"]) { try PortRange($0).description },
        Parser("frontend", ["10.96.0.10:80/tcp", "[fd00::a]:53/udp"]) { try FrontendAddress($0).description },
        Parser("node port", ["30080/tcp"]) { try NodePort($0).description },
        Parser("service name", ["default/web:http"]) { try ServiceName($0).description },
        Parser("backend", ["10.0.0.1:80,weight=10,local", "[fd00::1]:80"]) { try Backend($0).description },
        Parser("duration", ["1h30m", "250ms", "36500d"]) { try Duration(text: $0).text },
        Parser("timeout", ["auto", "90s"]) { try TimeoutSetting($0).description },
        Parser("tuple", ["tcp,10.0.0.1:3333,10.96.0.10:80"]) { try ConnectionKey(words: [$0]).description },
        Parser("filter", ["10.0.0.0/8:80", "[fd00::/64]:80", ":80"]) { try EndpointFilter($0).description },
        Parser("interface", ["eth0"]) { try InterfaceReference($0).description },
    ]

    @Test(arguments: parsers)
    private func mangledTextIsRefusedInOneShortLineOrReadLikeItsCanonicalForm(parser: Parser) throws {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<10_000 {
            let text = parser.examples.randomElement(using: &generator).map { mangled($0, &generator) } ?? ""
            do {
                let canonical = try parser.canonical(text)
                #expect(try parser.canonical(canonical) == canonical, "\(text)")
            } catch let error as any ModelError {
                let isOneShortLine = error.message.count <= 300 && !error.message.contains(where: \.isNewline)
                #expect(isOneShortLine, "\(error.message)")
            }
        }
    }

    /// Deletes, repeats, replaces or inserts up to four bytes, invalid UTF-8 repaired.
    private func mangled(_ text: String, _ generator: inout SeededGenerator) -> String {
        let alphabet = Array("0123456789abf:./,-[]=%\0\n\u{7F}\u{FF} ".utf8)
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let position = Int.random(in: 0...bytes.count, using: &generator)
            let byte = alphabet.randomElement(using: &generator) ?? 0
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where position < bytes.count: bytes.remove(at: position)
            case 1 where position < bytes.count: bytes[position] = byte
            case 2: bytes.insert(contentsOf: bytes[position...].prefix(9), at: position)
            default: bytes.insert(byte, at: position)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
