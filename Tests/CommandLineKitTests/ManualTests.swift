// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import Testing

struct ManualTests {
    private let pages = Manual(table: fixture, date: "March 1, 2026").pages

    private func page(_ name: String) throws -> String {
        try #require(pages.first { $0.fileName == name }).text
    }

    @Test func everyNounAndNodeCommandHasAPage() {
        let names = ["depot.8", "depot-check.8", "depot-completion.8", "depot-help.8"]
        #expect(pages.map(\.fileName) == names + ["depot-box.8", "depot-shelf.8", "depot-pick-list.8"])
    }

    @Test func aPageHoldsTheWholeCommand() throws {
        #expect(
            try page("depot-shelf.8") == #"""
                .\" SPDX-License-Identifier: Apache-2.0
                .Dd March 1, 2026
                .Dt DEPOT-SHELF 8
                .Os
                .Sh NAME
                .Nm depot-shelf
                .Nd where it is kept
                .Sh SYNOPSIS
                .Nm depot shelf
                .Cm fill
                .Ar SHELF
                .Ar NAME ...
                .Sh DESCRIPTION
                Where it is kept.
                The noun may also be spelt shelves.
                .Pp
                The options that every command accepts are described in
                .Xr depot 8 .
                .Ss fill
                Put boxes on a shelf.
                .Bl -tag -width Ds
                .It Ar SHELF
                The shelf.
                .It Ar NAME
                The boxes.
                .El
                .Sh EXIT STATUS
                .Bl -tag -width Ds
                .It 0
                Done.
                .It 1
                The operation failed.
                .It 2
                The command line or its input is wrong; nothing was changed.
                .It 3
                The named object was not found.
                .It 4
                Not permitted: the message names the missing capability.
                .It 5
                This system lacks what was asked.
                .El
                .Sh EXAMPLES
                Fill the left shelf:
                .Dl "depot shelf fill left a/b c/d"
                .Sh SEE ALSO
                .Xr depot 8 ,
                .Xr depot-box 8 ,
                .Xr depot-check 8 ,
                .Xr depot-completion 8 ,
                .Xr depot-help 8 ,
                .Xr depot-pick-list 8

                """#)
    }

    @Test func choicesRequiredAndRepeatedOptionsStandInTheSynopsis() throws {
        let box = try page("depot-box.8")
        #expect(box.contains("\n.Pq Fl -shelf Ar SHELF | Fl -floor\n"))
        #expect(box.contains("\n.Fl -at Ar ROW:PLACE ...\n"))
        #expect(box.contains("\n.Op Fl -limit Ar \\&N\n"))
        #expect(box.contains("\n.It Fl f , Fl -file Ar FILE\n"))
        #expect(!box.contains("remark") && !box.contains("debug-parser"))
    }

    @Test func textThatLooksLikeMarkupIsOnlyText() {
        let command = CommandSpec(
            verb: "go", "Go", details: [".Sh is no heading. 'tis \\fB not bold."],
            arguments: [ArgumentSpec(ValueSpec("Sh"), "Argument \"Sh\"")], examples: [Example("t go \"a\\b\"", "Go")])
        let table = CommandTable(tool: "t", "T", nouns: [], commands: [command])
        let text = Manual(table: table, date: "March 1, 2026").pages[1].text
        #expect(text.contains("\n\\&.Sh is no heading.\n\\&'tis \\efB not bold.\n"))
        #expect(text.contains("\n.It Ar \\&Sh\nArgument \"Sh\".\n"))
        #expect(text.contains("\n.Dl \"t go \\(dqa\\eb\\(dq\"\n"))
    }

    @Test(.enabled(if: ShellSession.isAvailable("mandoc"), "needs mandoc"))
    func mandocFindsNothingToComplainAbout() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "depot-man-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for page in pages {
            try page.text.write(to: directory.appending(path: page.fileName), atomically: true, encoding: .utf8)
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/mandoc")
        process.arguments = ["-Tlint"] + pages.map(\.fileName)
        process.currentDirectoryURL = directory
        let stdout = Pipe()
        process.standardOutput = stdout
        try process.run()
        let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // Pages that are not installed cannot be found.
        let complaints = output.split(separator: "\n").filter { !$0.contains("referenced manual not found: Xr depot") }
        #expect(complaints == [])
    }
}
