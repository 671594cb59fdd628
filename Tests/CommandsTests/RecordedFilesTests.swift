// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import Testing

@testable import Commands

/// `completions/`, `docs/man/` and `docs/commands.md` say what the command table says.
///
/// All of them are written anew by `EBPFCTL_RECORD=1 swift test --filter RecordedFilesTests`.
@Suite(.serialized) struct RecordedFilesTests {
    @Test(arguments: Shell.allCases)
    func theCheckedInScriptIsWhatTheToolPrints(shell: Shell) throws {
        let run = ToolRun("completion \(shell.rawValue)")
        #expect(run.code == .success)
        try RecordedFile("completions/\(shell.fileName(for: "ebpfctl"))").expect(run.output)
    }

    @Test func theCommandReferenceIsMadeFromTheTable() throws {
        try RecordedFile("docs/commands.md").expect(CommandReference(table: Tool.table).text)
    }

    @Test(arguments: RecordedManual.fileNames)
    func everyPageOfTheManualIsMadeFromTheTable(fileName: String) throws {
        let page = try #require(RecordedManual.page(fileName))
        try RecordedFile("\(RecordedManual.directory)/\(fileName)").expect(page)
    }

    @Test func noPageIsLeftOfACommandThatIsGone() throws {
        let stale = RecordedFile.names(in: RecordedManual.directory).filter { !RecordedManual.fileNames.contains($0) }
        if RecordedFile.isRecording {
            for name in stale { try RecordedFile.remove("\(RecordedManual.directory)/\(name)") }
        } else {
            #expect(stale == [])
        }
    }
}

/// The manual of the tool, with the dates that its pages were recorded on.
enum RecordedManual {
    static let directory = "docs/man"

    static let fileNames = Manual(table: Tool.table, date: "").pages.map(\.fileName)

    /// A page with the date of its last change: that of the recorded page as long as it says the same.
    static func page(_ fileName: String) -> String? {
        let recorded = RecordedFile("\(directory)/\(fileName)").text
        let lines = recorded?.split(separator: "\n") ?? []
        let date = lines.first { $0.hasPrefix(".Dd ") }.map { String($0.dropFirst(4)) }
        let unchanged = date.flatMap { text(of: fileName, date: $0) }
        let isStale = recorded == nil || recorded != unchanged
        return RecordedFile.isRecording && isStale ? text(of: fileName, date: today) : unchanged
    }

    private static func text(of fileName: String, date: String) -> String? {
        Manual(table: Tool.table, date: date).pages.first { $0.fileName == fileName }?.text
    }

    /// As mdoc(7) wants it: `March 1, 2026`.
    private static var today: String {
        let style = Date.VerbatimFormatStyle(
            format: "\(month: .wide) \(day: .defaultDigits), \(year: .defaultDigits)",
            locale: Locale(identifier: "en_US"),
            timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return Date.now.formatted(style)
    }
}
