// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem
import Rendering
import Testing

@testable import Commands
import Dataplane

@Suite struct OutputTests {
    private func run(_ output: some OutputSink, _ errors: some OutputSink) -> ExitCode {
        Tool.run(["version"], in: Surroundings(output: output, errors: errors))
    }

    @Test func aClosedPipeEndsACommandQuietly() {
        let errors = MemorySink()
        #expect(run(BrokenSink(.brokenPipe), errors) == .success)
        #expect(errors.text == "")
    }

    @Test func aFullDiskIsAFailure() {
        let errors = MemorySink()
        #expect(run(BrokenSink(.noSpace), errors) == .failure)
        #expect(errors.text == "ebpfctl: cannot write the output: no space left on device (ENOSPC)\n")
    }

    @Test func nobodyReadingTheErrorsChangesNoExitCode() {
        #expect(run(BrokenSink(.noSpace), BrokenSink(.brokenPipe)) == .failure)
    }

    @Test(arguments: [
        ("auto", nil as Int?, [:], false), ("auto", 80, [:], true), ("auto", 80, ["NO_COLOR": "1"], false),
        ("auto", 80, ["NO_COLOR": ""], true), ("auto", 80, ["TERM": "dumb"], false),
        ("always", nil, ["NO_COLOR": "1"], true), ("never", 80, [:], false),
    ])
    func colourIsForTerminalsThatWantIt(when: String, columns: Int?, environment: [String: String], isColoured: Bool) {
        let surroundings = Surroundings(
            output: MemorySink(), errors: MemorySink(), environment: environment, columns: columns)
        #expect(surroundings.allowsColor(when) == isColoured)
    }

    @Test func theVersionIsOneWordByName() {
        #expect(ToolRun("version -o name").output == "\(Version.current)\n")
        #expect(ToolRun("version -q").output == "\(Version.current)\n")
    }

    @Test func theVersionIsADocument() {
        #expect(
            ToolRun("version -o yaml").output == """
                apiVersion: ebpfctl/v1
                kind: Version
                version: \(Version.current)
                abiVersion: \(DataplaneRecord.abiVersion)
                architecture: \(Version.architecture)

                """)
    }

    @Test func helpIsBoldOnATerminalOnly() {
        #expect(ToolRun("help", columns: 80).output.contains("\u{1b}[1mCommands:\u{1b}[0m"))
        #expect(!ToolRun("help").output.contains("\u{1b}"))
    }
}
