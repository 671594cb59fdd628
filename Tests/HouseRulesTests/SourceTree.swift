// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The files of this checkout, as the rules see them.
struct SourceTree {
    struct File {
        /// Relative to the top of the checkout.
        let path: String
        let lines: [Substring]

        /// The directory below `Sources` that the file is in.
        var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    }

    static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Files below a directory of the checkout with one of the endings, by path; symbolic links are not followed.
    static func files(in directory: String, endings: [String]) throws -> [File] {
        let root = top.appending(path: directory)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
        return try paths.sorted().filter { path in endings.contains { path.hasSuffix($0) } }.map { path in
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            return File(
                path: "\(directory)/\(path)", lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: top.appending(path: path), encoding: .utf8)
    }
}
