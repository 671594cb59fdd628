// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A file of the repository that is made from the command table, and that a test keeps from growing stale.
struct RecordedFile {
    private let url: URL

    /// True when the environment says `EBPFCTL_RECORD=1`: files are then written anew.
    static let isRecording = ProcessInfo.processInfo.environment["EBPFCTL_RECORD"] == "1"

    /// - Parameter path: from the root of the package.
    init(_ path: String) {
        url = Self.url(of: path)
    }

    private static func url(of path: String) -> URL {
        URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(path)
    }

    /// The names in a directory of the repository, sorted; none when there is no such directory.
    static func names(in directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: url(of: directory).path)) ?? []).sorted()
    }

    static func remove(_ path: String) throws { try FileManager.default.removeItem(at: url(of: path)) }

    /// What lies in the repository; nil when nothing does.
    var text: String? { try? String(contentsOf: url, encoding: .utf8) }

    /// Expects the file to hold this text, or records it.
    func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        if Self.isRecording, self.text != text {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: url, atomically: true, encoding: .utf8)
        }
        #expect(
            self.text == text, "record \(url.lastPathComponent) again: EBPFCTL_RECORD=1 swift test --filter Recorded",
            sourceLocation: sourceLocation)
    }
}
