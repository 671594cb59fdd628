// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rendering
import Testing
import YAML

@Suite struct DocumentRoundTripTests {
    @Test(arguments: 0..<500 as Range<UInt64>)
    func jsonAndYamlOfARandomDocumentReadBackAsTheSame(seed: UInt64) throws {
        let sample = RandomDocument(seed: seed)
        let json = try rendered(.init(format: .json)) { try $0.page(sample) }
        let yaml = try rendered(.init(format: .yaml)) { try $0.page(sample) }
        let expected = Value.object(sample.members.merging(frame) { $1 })
        #expect(try JSONDecoder().decode(Value.self, from: Data(json.utf8)) == expected)
        #expect(try DocumentReader.readAll(Array(json.utf8)).map { try Value($0) } == [expected])
        #expect(try DocumentReader.readAll(Array(yaml.utf8)).map { try Value($0) } == [expected], "\(yaml)")
    }

    @Test func everyScalarUpToTheFirstAstralPlaneSurvivesBothFormats() throws {
        let scalars = Array(0...0x2100 as ClosedRange<UInt32>) + [0xfeff, 0xfffd, 0xfffe, 0xffff, 0x1_0000, 0x10_ffff]
        let texts = scalars.compactMap(UnicodeScalar.init).map { "a\($0)b" }
        let document = RandomDocument(members: ["texts": .array(texts.map(Value.string))])
        for format in [OutputFormat.json, .yaml] {
            let text = try rendered(.init(format: format)) { try $0.page(document) }
            #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
            let node = try #require(DocumentReader.readAll(Array(text.utf8)).first)
            #expect(try node["texts"].map { try Value($0) } == .array(texts.map(Value.string)))
        }
    }

    @Test(arguments: [
        ("\0", #""\u0000""#), ("\u{8}\t\n\u{c}\r", #""\b\t\n\f\r""#), ("\u{1b}[31m", #""\u001b[31m""#),
        ("\"\\/", #""\"\\/""#), ("\u{7f}\u{85}\u{2028}\u{202e}", #""\u007f\u0085\u2028\u202e""#), ("é😀", "\"é😀\""),
    ])
    func controlCharactersAreEscaped(text: String, expected: String) {
        var bytes: [UInt8] = []
        bytes.appendQuoted(text)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func invalidUTF8WrittenDirectlyBecomesReplacementCharacters() {
        var bytes: [UInt8] = []
        bytes.appendQuoted { $0.append(contentsOf: [0x61, 0xff, 0xc3, 0x28]) }
        #expect(bytes == Array("\"a\u{fffd}\u{fffd}(\"".utf8))
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.seconds(90), "90"), (.milliseconds(4005), "4.005"), (.milliseconds(-250), "-0.250"),
        (.milliseconds(-1500), "-1.500"), (.nanoseconds(999_999), "0"),
    ])
    func secondsHaveThreeDecimalsUnlessWhole(duration: Duration, expected: String) throws {
        let text = try rendered(.init(format: .yaml)) { try $0.page(DurationValue(duration: duration)) }
        #expect(text == "apiVersion: ebpfctl/v1\nkind: Duration\nseconds: \(expected)\n")
    }

    @Test(arguments: [
        (Duration.zero, "0"), (.seconds(90), "90"), (.microseconds(85), "0.000085"), (.microseconds(-1), "-0.000001"),
        (.milliseconds(4005), "4.005000"), (.nanoseconds(999), "0"), (.microseconds(1_500_352), "1.500352"),
    ])
    func shortTimesHaveSixDecimalsUnlessWhole(duration: Duration, expected: String) throws {
        let text = try rendered(.init(format: .json)) { try $0.page(ShortDurationValue(duration: duration)) }
        #expect(text.contains("\"seconds\": \(expected)\n"))
    }

    @Test(.enabled(if: PyYAML.isInstalled, "python3-yaml is not installed"))
    func pythonReadsJSONAndYAMLAsTheSame() throws {
        var documents = ""
        for seed in 1000..<1100 as Range<UInt64> {
            let sample = RandomDocument(seed: seed)
            for format in [OutputFormat.json, .yaml] {
                documents += "\u{1}"
                documents += try rendered(.init(format: format)) { try $0.page(sample) }
            }
        }
        #expect(try PyYAML.comparePairs(documents) == "100 equal\n")
    }

    private let frame: [String: Value] = ["apiVersion": .string("ebpfctl/v1"), "kind": .string("Random")]
}

private struct DurationValue: Describable {
    let duration: Duration

    static let kind = "Duration"
    var resourceName: String { "duration" }
    func fields(_ object: inout ObjectWriter) { object.seconds("seconds", duration) }
    func describe(_ page: inout DescriptionList) {}
}

private struct ShortDurationValue: Describable {
    let duration: Duration

    static let kind = "Duration"
    var resourceName: String { "duration" }
    func fields(_ object: inout ObjectWriter) { object.preciseSeconds("seconds", duration) }
    func describe(_ page: inout DescriptionList) {}
}

/// PyYAML as a second opinion on what our YAML means.
private enum PyYAML {
    static var isInstalled: Bool { (try? run("import yaml, json", "")) == "" }

    static func comparePairs(_ documents: String) throws -> String {
        try run(
            """
            import sys, json, yaml
            parts = sys.stdin.buffer.read().decode().split(chr(1))[1:]
            equal = 0
            for one, two in zip(parts[::2], parts[1::2]):
                a, b = json.loads(one), yaml.safe_load(two)
                if json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True): equal += 1
                else: print(one, two)
            print(equal, "equal")
            """, documents)
    }

    private static func run(_ program: String, _ input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = FileHandle.nullDevice
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return String(decoding: output, as: UTF8.self)
    }
}
