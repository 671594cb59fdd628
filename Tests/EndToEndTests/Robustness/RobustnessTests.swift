// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Every command in surroundings that are not what its author had before him.
    @Suite(.servingLab) struct RobustnessTests {
        private let lab: HandmadeLab
        private let node: WalkedNode

        init() throws {
            lab = try .shared()
            node = try WalkedNode(lab)
        }

        /// Environments in which everything is printed as in the ordinary one.
        @Test(arguments: [
            ["LANG": "C", "LC_ALL": "C"], ["LC_ALL": "tr_TR.UTF-8", "TERM": "no-such-terminal"], [:],
            ["COLUMNS": "40", "NO_COLOR": "1", "PATH": ""],
        ])
        func theEnvironmentChangesNoOutput(environment: [String: String]) throws {
            for run in steady {
                try expectUsual(run) { try lab.attempt(run.line, environment: environment).outcome }
            }
        }

        /// What a shell does to a command's streams, and how the command then ends.
        struct Streams: Sendable, CustomTestStringConvertible {
            let script: String
            let code: Int32
            let error: String

            var testDescription: String { script }
        }

        static let streams = [
            Streams(script: #""$@" >&-"#, code: 1, error: "bad file descriptor (EBADF)"),
            Streams(script: #""$@" >/dev/full"#, code: 1, error: "no space left on device (ENOSPC)"),
        ]

        @Test(arguments: streams) func outputThatCannotBeWrittenIsAnError(streams: Streams) throws {
            let message = "ebpfctl: cannot write the output: \(streams.error)\n"
            for run in node.runs where !run.usual.output.isEmpty {
                let line = run.line
                let result = try lab.attempt(line, through: ["/bin/sh", "-c", streams.script, "sh"])
                #expect(result.status == .exited(streams.code), "\(line): \(result.outcome)")
                #expect(result.text == "" && result.errorText.hasSuffix(message), "\(line): \(result.outcome)")
            }
        }

        /// The reader of the pipe has gone before the first byte is written.
        @Test func aClosedPipeEndsEveryCommandQuietly() throws {
            let script = """
                directory=$(mktemp -d); mkfifo $directory/pipe
                exec 4<>$directory/pipe 5>$directory/pipe 4<&-
                rm -r $directory; exec "$@" >&5
                """
            for line in node.lines {
                let result = try lab.attempt(line, through: ["/bin/sh", "-c", script, "sh"])
                #expect(result.status == .exited(0), "\(line): \(result.outcome)")
                #expect(!result.errorText.contains("write"), "\(line): \(result.outcome)")
            }
        }

        @Test(arguments: [#"exec "$@" <&-"#, #"exec "$@" </dev/full"#, #"exec setsid -w "$@""#, #"exec "$@" 2>&-"#])
        func streamsThatNobodyNeedsAreNotMissed(script: String) throws {
            for run in steady {
                try expectUsual(run) {
                    let result = try lab.attempt(run.line, through: ["/bin/sh", "-c", script, "sh"])
                    // What is written to a closed stream of errors is lost.
                    return Outcome(result.status, result.text, run.usual.errorText)
                }
            }
        }

        /// Three standard streams that are all closed: no map or socket of the tool is mistaken for one of them.
        @Test func closedStreamsAreNotTakenForFilesOfTheTool() throws {
            let before = try lab.succeed("service", "list", "-o", "json").text
            for line in node.lines {
                let result = try lab.attempt(line, through: ["/bin/sh", "-c", #""$@" <&- >&- 2>&-"#, "sh"])
                #expect([0, 1].contains { result.status == .exited($0) }, "\(line): \(result.outcome)")
                #expect(result.text == "" && result.errorText == "", "\(line): \(result.outcome)")
            }
            #expect(try lab.succeed("service", "list", "-o", "json").text == before)
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
        }

        /// On a terminal of this size and kind, in which every column counts.
        @Test(arguments: ["no-such-terminal", "dumb"])
        func everyCommandEndsOnANarrowTerminalAsItDoesWithout(terminal: String) throws {
            for run in steady {
                let result = try onTerminal(run.line.words + lab.location, columns: 40, terminal: terminal)
                #expect(result.status == run.usual.status, "\(run.line): \(result.outcome)")
                if terminal == "dumb" { #expect(!result.text.contains("\u{1b}"), "\(run.line): \(result.outcome)") }
            }
        }

        /// Words that are wider than the terminal stand alone on a line; examples are not broken, to be copied.
        @Test func helpAndUsageFitFortyColumns() throws {
            let topics = ToolLine.table.commands.map(\.path) + ToolLine.table.nouns.map(\.name) + [""]
            for topic in topics {
                let words = topic.split(separator: " ").map(String.init)
                for line in [words + ["--help"], words + ["--no-such-option"]] {
                    let result = try onTerminal(line, columns: 40, terminal: "dumb")
                    let help = result.text.split(whereSeparator: \.isNewline).drop {
                        !$0.hasPrefix("usage") && line.last != "--help"
                    }
                    let wide = help.filter { text in
                        text.count > 40 && !isExample(text) && text.drop { $0 == " " }.contains(" ")
                    }
                    #expect(wide == [], "\(line)")
                }
            }
        }

        private func isExample(_ line: Substring) -> Bool {
            line.hasPrefix("  ebpfctl ") || line.hasPrefix("  ") && line.contains("| ebpfctl ")
        }

        /// Expects the outcome of the line as it is without more ado; a living table is compared with itself of just now.
        private func expectUsual(_ run: WalkedNode.Run, _ attempt: () throws -> Outcome) throws {
            var last = try attempt()
            for _ in 0..<5 {
                if try last == run.usual.outcome || last == lab.attempt(run.line).outcome { return }
                last = try attempt()
            }
            Issue.record("\(run.line): \(last) is not \(run.usual.outcome)")
        }

        private var steady: [WalkedNode.Run] { node.runs.filter(\.isSteady) }

        private func onTerminal(_ words: [String], columns: Int, terminal: String) throws -> ProcessOutput {
            let line = ([Tool.path] + words).map { "'\($0)'" }.joined(separator: " ")
            let script = "stty cols \(columns) rows 24; TERM=\(terminal) exec \(line)"
            let command = Command("/usr/bin/timeout", ["60", "script", "-qec", script, "/dev/null"])
            return try lab.start(command, on: .node).collect(limit: 64 << 20, until: Deadline(after: Tool.patience))
        }
    }
}
