// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import Testing

@testable import Commands

@Suite struct CompletionFilesTests {
    /// `completions/` at the root of the package.
    private static let directory = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("completions")

    /// Written anew when the environment says `EBPFCTL_RECORD=1`.
    @Test(arguments: Shell.allCases)
    func theCheckedInScriptIsWhatTheToolPrints(shell: Shell) throws {
        let file = Self.directory.appendingPathComponent(shell.fileName(for: "ebpfctl"))
        let run = ToolRun("completion \(shell.rawValue)")
        #expect(run.code == .success)
        if ProcessInfo.processInfo.environment["EBPFCTL_RECORD"] == "1" {
            try FileManager.default.createDirectory(at: Self.directory, withIntermediateDirectories: true)
            try run.output.write(to: file, atomically: true, encoding: .utf8)
        }
        let recorded = try String(contentsOf: file, encoding: .utf8)
        #expect(recorded == run.output, "record it again with EBPFCTL_RECORD=1")
    }
}
