// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

/// The built executable, as it lies beside the tests.
enum Tool {
    static let path = Bundle.main.bundleURL.appendingPathComponent("ebpfctl").path

    /// No run of a test takes longer, unless it hangs.
    static let patience = Duration.seconds(60)

    /// Runs the tool where the tests run.
    static func run(_ words: [String]) throws -> ProcessOutput {
        try Command(path, words).run(limit: 64 << 20, until: Deadline(after: patience))
    }

    static func run(_ words: String...) throws -> ProcessOutput { try run(words) }
}

/// The programs of the system that set labs up and look at the kernel without any code of ours.
enum Shell {
    /// Runs a line of sh(1); a failure of it is an error with what it said.
    @discardableResult
    static func run(_ line: String) throws -> String {
        let result = try Command("/bin/sh", ["-euc", line]).run(limit: 64 << 20, until: Deadline(after: Tool.patience))
        guard result.status.isSuccess else { throw Failure(line: line, status: result.status, said: result.errorText) }
        return result.text
    }

    struct Failure: Error {
        let line: String
        let status: LinuxSystem.ExitStatus
        let said: String
    }
}

extension ProcessOutput {
    /// The whole outcome, for comparing it at once.
    var outcome: Outcome { Outcome(status, text, errorText) }

    /// The output as the one JSON object that it must be.
    func object() throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(output)) as? [String: Any])
    }

    /// The items of a list document.
    func items() throws -> [[String: Any]] {
        try #require(object()["items"] as? [[String: Any]])
    }
}

/// How a run ended and all that it said.
struct Outcome: Equatable, CustomStringConvertible {
    let status: LinuxSystem.ExitStatus
    let output: String
    let error: String

    init(_ status: LinuxSystem.ExitStatus, _ output: String = "", _ error: String = "") {
        self.status = status
        self.output = output
        self.error = error
    }

    init(_ code: Int32, _ output: String = "", error: String = "") {
        self.init(.exited(code), output, error)
    }

    var description: String { "\(status)\n--- output\n\(output)--- error\n\(error)---" }
}

/// Looks again and again until something is so.
///
/// - Returns: whether it became so in time.
func eventually(within patience: Duration = .seconds(10), _ condition: () throws -> Bool) throws -> Bool {
    let deadline = Deadline(after: patience)
    while try !condition() {
        guard !deadline.hasPassed else { return false }
        _ = try Poll.readable([], until: Deadline(after: .milliseconds(5)))
    }
    return true
}
