// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem
import Rendering

@testable import Commands

/// One run of the tool within this process, with everything it printed.
struct ToolRun {
    let code: ExitCode
    let output: String
    let errors: String

    /// Every capability there is, whatever this process has.
    static let everything = CapabilitySet(bits: .max)

    /// - Parameter line: the words after the tool's name, with blanks between them.
    init(_ line: String, capabilities: CapabilitySet = everything, columns: Int? = nil) {
        let output = MemorySink()
        let errors = MemorySink()
        let surroundings = Surroundings(
            output: output, errors: errors, columns: columns, capabilities: capabilities)
        code = Tool.run(line.split(separator: " ").map(String.init), in: surroundings)
        self.output = output.text
        self.errors = errors.text
    }
}

/// A sink whose reader has gone, or whose disk is full.
final class BrokenSink: OutputSink {
    private let errno: Errno

    init(_ errno: Errno) {
        self.errno = errno
    }

    func write(_ chunk: Span<UInt8>) throws(OutputError) {
        throw OutputError(errno: errno.rawValue)
    }
}
