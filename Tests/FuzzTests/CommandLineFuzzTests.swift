// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Commands
import LinuxSystem
import Rendering
import Testing

/// Lines that nobody would type, and lines that somebody nearly would.
@Suite struct CommandLineFuzzTests {
    private static let workers: UInt64 = 2

    /// Every line runs, asks for help, or is explained in words that a terminal can be sent.
    @Test(arguments: 0..<workers) func everyLineIsReadOrExplained(worker: UInt64) {
        FuzzRun.cases("everyLineIsReadOrExplained", 350_000, worker: worker, of: Self.workers) { fuzzCase in
            var chance = Chance(fuzzCase)
            let words = chance.once(in: 2) ? LineMaker.randomWords(&chance) : LineMaker.nearlyRight(&chance)
            do throws(UsageError) {
                if case .run(let invocation) = try Tool.table.parse(words) {
                    check(invocation, words, fuzzCase)
                }
            } catch {
                if let problem = flaw(in: Tool.table.message(for: error)) { fuzzCase.report("\(words): \(problem)") }
            }
        }
    }

    private func check(_ invocation: Invocation, _ words: [String], _ fuzzCase: FuzzCase) {
        for argument in invocation.command.arguments {
            let typed = invocation.typedArguments(argument.value.placeholder)
            if typed.isEmpty, argument.arity == .one || argument.arity == .oneOrMore {
                fuzzCase.report("\(words) lacks \(argument.value.placeholder)")
            }
            if typed.contains(where: { words[$0.index] != $0.text }) { fuzzCase.report("\(words) is misread") }
        }
    }

    /// Without any capability no line gets beyond its own words, and each ends as the contract says.
    @Test(arguments: 0..<workers) func everyValueIsReadOrRefused(worker: UInt64) {
        let commands = LineMaker.commandsThatAreRefused
        #expect(commands.count > 20)
        FuzzRun.cases("everyValueIsReadOrRefused", 100_000, worker: worker, of: Self.workers) { fuzzCase in
            var chance = Chance(fuzzCase)
            let words = LineMaker.nearlyRight(&chance, of: commands)
            let (output, errors) = (MemorySink(), MemorySink())
            let surroundings = Surroundings(
                output: output, errors: errors, capabilities: CapabilitySet(bits: 0))
            let code = Tool.run(words, in: surroundings)
            if code == .success {
                if errors.text != "" || !output.text.contains("usage: ") { fuzzCase.report("\(words) has run") }
            } else if code == .failure {
                fuzzCase.report("\(words) fails: \(errors.text)")
            } else if let problem = flaw(in: errors.text.dropLast()) {
                fuzzCase.report("\(words): \(problem)")
            }
        }
    }

    /// What is wrong with a message; nil for one that begins as all do, has a hint and can be printed.
    private func flaw(in message: some StringProtocol) -> String? {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines[0].hasPrefix("ebpfctl: "), lines[0].utf8.count > 9, lines[0].utf8.count < 4096 else {
            return "the message is '\(message)'"
        }
        guard lines.contains(where: { $0.hasPrefix("hint: ") }) || lines.count == 1 else {
            return "no hint: '\(message)'"
        }
        guard message.unicodeScalars.allSatisfy({ $0 == "\n" || $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) })
        else { return "not printable: '\(message)'" }
        return message.contains("cannot go on") ? "no words for '\(message)'" : nil
    }
}
