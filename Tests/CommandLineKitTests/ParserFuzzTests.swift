// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

/// SplitMix64, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

struct ParserFuzzTests {
    /// Words that matter to the grammar, words that nearly do, and some that never should.
    private static let vocabulary: [String] = grammarWords + spellings + oddWords

    private static let grammarWords = fixture.nouns.flatMap(\.spellings) + fixture.commands.flatMap(\.spellings)

    private static let spellings = (fixture.commands.flatMap(\.options) + fixture.globalOptions).flatMap { option in
        let short = option.short.map { ["-\($0)", "-\($0)x"] } ?? []
        return ["--\(option.name)", "--\(option.name)=", "--\(option.name)=x"] + short
    }

    private static let oddWords = [
        "json", "a/b", "1:2", "-", "--", "---", "-=", "--=", "--=x", "", " ", "-5", "-45", "-qv", "-qojson", "\u{0}",
        "é", "-é", "--é=ü", "👨‍👩‍👧", "-👨‍👩‍👧", "\u{301}", "-\u{301}", "=\u{301}", "--output=\u{301}", "\r\n", "\u{1B}[1m",
    ]

    @Test(arguments: 0..<4)
    func everyLineRunsAsksForHelpOrIsExplained(seed: Int) {
        var generator = SeededGenerator(state: UInt64(seed))
        for _ in 0..<25_000 {
            let words = Self.randomWords(&generator)
            do throws(UsageError) {
                switch try fixture.parse(words) {
                case .run(let invocation): Self.check(invocation, words)
                case .help(let topic): #expect(words.contains { $0.contains("h") }, "\(words): \(topic.path)")
                }
            } catch {
                Self.check(fixture.message(for: error), error, words)
            }
        }
    }

    private static func randomWords(_ generator: inout SeededGenerator) -> [String] {
        let count = Int.random(in: 0...8, using: &generator)
        return (0..<count).map { _ in
            var word = vocabulary.randomElement(using: &generator) ?? ""
            if Int.random(in: 0..<10, using: &generator) == 0, !word.isEmpty {
                let place = Int.random(in: 0..<word.count, using: &generator)
                let index = word.index(word.startIndex, offsetBy: place)
                word.replaceSubrange(index...index, with: vocabulary.randomElement(using: &generator) ?? "")
            }
            return word
        }
    }

    private static func check(_ invocation: Invocation, _ words: [String]) {
        let missing = invocation.command.arguments.contains {
            ($0.arity == .one || $0.arity == .oneOrMore) && invocation.arguments($0.name).isEmpty
        }
        #expect(!missing, "\(words)")
        let typed = invocation.command.arguments.flatMap { invocation.typedArguments($0.name) }
        #expect(typed.allSatisfy { words[$0.index] == $0.text }, "\(words)")
    }

    private static func check(_ message: String, _ error: UsageError, _ words: [String]) {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        let isWhole = lines.count >= 3 && lines[0].count > "depot: ".count && lines[1].hasPrefix("hint: ")
        #expect(isWhole && lines[2].hasPrefix("usage: depot "), "\(words): \(message)")
        let isPrintable = message.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7f }
        #expect(isPrintable, "\(words)")
        #expect(error.index.map { words.indices.contains($0) } ?? true, "\(words)")
    }
}
