// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import LinuxSystem
import Testing

@testable import Commands

/// The readers of manuals that people have find nothing to complain about in ours.
@Suite struct ManualPagesTests {
    @Test(.enabled(if: Installed.has("mandoc"), "needs mandoc")) func mandocAcceptsEveryPageWithoutAWord() throws {
        let manual = try InstalledManual()
        defer { manual.remove() }
        let result = try LinuxSystem.Command("/usr/bin/mandoc", ["-Tlint"] + manual.paths)
            .run(until: Deadline(after: .seconds(60)))
        // It looks for the pages that ours refer to among the installed ones only.
        let complaints = (result.text + result.errorText).split(separator: "\n").filter { line in
            !RecordedManual.fileNames.contains {
                line.hasSuffix(Self.missing($0)) || line.contains(Self.missing($0) + " (")
            }
        }
        #expect(complaints == [])
    }

    /// The end of mandoc's complaint about a reference to a page.
    private static func missing(_ fileName: String) -> String {
        "STYLE: referenced manual not found: Xr \(fileName.prefix { $0 != "." }) 8"
    }

    @Test(.enabled(if: Installed.has("man"), "needs man-db"), arguments: RecordedManual.fileNames)
    func manShowsEveryPageWithoutAWarning(fileName: String) throws {
        let manual = try InstalledManual()
        defer { manual.remove() }
        var command = LinuxSystem.Command(
            "/usr/bin/man", ["--warnings=w", "-P", "cat", "-l", manual.path(of: fileName)])
        command.environment = ["MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"]
        let result = try command.run(until: Deadline(after: .seconds(60)))
        #expect(result.errorText == "")
        #expect(result.status == .exited(0))
        let name = fileName.prefix { $0 != "." }
        #expect(result.text.contains("\(name) — ") || result.text.contains("\(name) – "), "\(result.text.prefix(400))")
    }

    @Test(arguments: Tool.table.commands.map(\.path))
    func everyCommandHasItsSectionWithEachOfItsOptions(path: String) throws {
        let command = try #require(Tool.table.commands.first { $0.path == path })
        let fileName = "ebpfctl-\(command.noun ?? command.verb).8"
        let text = try #require(Manual(table: Tool.table, date: "").pages.first { $0.fileName == fileName }).text
        let start = command.noun == nil ? ".Sh DESCRIPTION\n" : ".Ss \(command.verb)\n"
        let section = try #require(text.split(separator: start, maxSplits: 1).last).prefix { _ in true }
        let own = section.split(separator: command.noun == nil ? "\n.Sh " : "\n.Ss ").first ?? ""
        for option in command.options where !option.isHidden {
            #expect(own.contains("Fl -\(option.name)"), "\(path): --\(option.name)")
        }
        for argument in command.arguments {
            // A name as short as a macro of mdoc(7) is written with a zero-width character before it.
            let items = ["", "\\&"].map { ".It Ar \($0)\(argument.name)\n" }
            #expect(items.contains { own.contains($0) }, "\(path): \(argument.name)")
        }
    }
}

/// Whether a program of the system is there; with `EBPFCTL_REQUIRE_KERNEL=1` it has to be.
enum Installed {
    static func has(_ program: String) -> Bool {
        ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
            || FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)")
    }
}

/// The pages as a package would install them, in a directory of their own.
private struct InstalledManual {
    let directory = FileManager.default.temporaryDirectory.path + "/manual-\(UUID().uuidString)"

    init() throws {
        try FileManager.default.createDirectory(atPath: "\(directory)/man8", withIntermediateDirectories: true)
        for page in Manual(table: Tool.table, date: "March 1, 2026").pages {
            try page.text.write(toFile: path(of: page.fileName), atomically: true, encoding: .utf8)
        }
    }

    var paths: [String] { RecordedManual.fileNames.map(path) }

    func path(of fileName: String) -> String { "\(directory)/man8/\(fileName)" }

    func remove() { try? FileManager.default.removeItem(atPath: directory) }
}
