// SPDX-License-Identifier: Apache-2.0

/// The verifier's reason for refusing a program, reduced to its end, where the reason stands.
package struct VerifierLog: Hashable, Sendable {
    /// The last useful lines, in order, without line breaks.
    package let lines: [String]

    /// How many lines before ``lines`` were left out.
    package let omitted: Int

    /// The whole log, for the verbose mode; may be megabytes.
    package let full: String

    /// - Parameter text: the log as the kernel wrote it.
    /// - Parameter limit: how many lines to keep at most.
    package init(_ text: String, keeping limit: Int = 6) {
        let all = text.split(separator: "\n").map(String.init)
        let useful = all.filter { !Self.isBookkeeping($0) }
        lines = useful.suffix(limit).map { String($0) }
        omitted = useful.count - lines.count
        full = text
    }

    /// Closing statistics that follow the reason and hide it.
    private static func isBookkeeping(_ line: String) -> Bool {
        ["processed ", "verification time ", "stack depth "].contains { line.hasPrefix($0) }
            || line.allSatisfy { $0 == " " || $0 == "\t" }
    }
}
