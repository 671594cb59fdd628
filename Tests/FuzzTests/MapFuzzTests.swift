// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Commands
import Foundation
import LinuxSystem
import TestSupport
import Testing

/// Maps full of bytes that no program of ours would write, read by every command there is.
@Suite(.needsKernel, .serialized) struct MapFuzzTests {
    /// Entries that a round writes into each map, as far as they fit.
    private static let entries = 30_000

    @Test func everyCommandEndsAsTheContractSaysWhateverTheMapsHold() throws {
        let node = try FuzzedNode()
        try #require(try node.tool(FuzzedNode.enableWords).status == .exited(0))
        var total = 0
        let formats = ["json", "wide", "yaml"]
        try FuzzRun.cases("everyCommandEndsAsTheContractSays", UInt64(formats.count)) { fuzzCase in
            var chance = Chance(fuzzCase)
            for map in try node.maps() { total += try node.scramble(map, entries: Self.entries, &chance) }
            for line in Self.readingLines {
                let format = formats[Int(fuzzCase.number) % formats.count]
                let result = try node.tool(line + ["-o", format])
                if let problem = Self.flaw(in: result, isJSON: format == "json") {
                    fuzzCase.report("\(line): \(problem)")
                }
            }
        }
        print("\(total) entries of random bytes were read")
        for line in Self.writingLines {
            let result = try node.tool(line)
            if let problem = Self.flaw(in: result, isJSON: false) {
                FuzzCase(kind: "everyCommandEndsAsTheContractSays", number: 2).report("\(line): \(problem)")
            }
        }
        #expect(try node.tool(["disable"]).status == .exited(0))
        #expect(try node.pins() == [])
    }

    @Test func aRecordOfRandomBytesIsToldAndCanBeTakenAway() throws {
        let node = try FuzzedNode()
        try FuzzRun.cases("aRecordOfRandomBytesIsToldAndCanBeTakenAway", 4) { fuzzCase in
            var chance = Chance(fuzzCase)
            try #require(try node.tool(FuzzedNode.enableWords).status == .exited(0))
            try #require(try node.scramble("meta", entries: 1, &chance) == 1)
            for line in Self.readingLines.prefix(6) + Self.writingLines.prefix(6) + [FuzzedNode.enableWords] {
                let result = try node.tool(line)
                if let problem = Self.flaw(in: result, isJSON: false) { fuzzCase.report("\(line): \(problem)") }
            }
            #expect(try node.tool(["disable"]).status == .exited(0), "\(fuzzCase)")
            #expect(try node.pins() == [], "\(fuzzCase)")
        }
    }

    /// The examples of the table that a shell has nothing to do in, without its lab and without what asks all others.
    private static let examples = Tool.table.commands.filter { !["demo", "diags"].contains($0.path) }.flatMap {
        command in
        command.examples.compactMap { example -> (command: CommandSpec, words: [String])? in
            var words = example.command.split(separator: " ").dropFirst().map(String.init)
            let isPlain = !words.contains { $0.contains { "'\"|<>;$\\".contains($0) } } && !words.contains("-o")
            // What goes on until somebody ends it has tests of its own; identifiers are no document.
            if words.contains("--watch") { return nil }
            words.removeAll { $0 == "-q" }
            if command.options.contains(where: { $0.name == "duration" }) {
                if let index = words.firstIndex(of: "--duration") { words.removeSubrange(index...index + 1) }
                words += ["--duration", "1s"]
            }
            return isPlain ? (command, words) : nil
        }
    }

    private static let readingLines = examples.filter { !$0.command.mutates }.map(\.words)

    /// Carried out for real; `disable` comes last of all.
    private static let writingLines = examples.filter { $0.command.mutates && $0.command.path != "disable" }.map(
        \.words)

    /// What is wrong with how a command ended; nil for a code of the contract, words to print and a whole document.
    private static func flaw(in result: ProcessOutput, isJSON: Bool) -> String? {
        guard case .exited(let code) = result.status, ExitCode(rawValue: code) != nil else {
            return "\(result.status) \(result.errorText.suffix(2000))"
        }
        if result.didTimeOut { return "does not end" }
        if result.errorText.contains("cannot go on") { return "no words for \(result.errorText)" }
        if code != 0, result.errorText.isEmpty, result.output.isEmpty { return "\(code) without a word" }
        guard isJSON, code == 0, !result.output.isEmpty else { return nil }
        return (try? JSONSerialization.jsonObject(with: Data(result.output))) == nil ? "no JSON" : nil
    }
}
