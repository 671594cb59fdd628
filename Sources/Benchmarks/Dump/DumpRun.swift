// SPDX-License-Identifier: Apache-2.0

import Commands
import DataplaneModel
import Glibc
import LinuxSystem
import Rendering

/// One run of a program whose output is read and thrown away.
///
/// A process of this executable in between has that program as its only child, so that what the kernel keeps about
/// the children is about that one.
struct DumpRun {
    let milliseconds: Double
    /// The most memory it had resident at a time.
    let mebibytes: Double

    private static let runWord = "__dump-run"
    private static let toolWord = "__dump-tool"
    private static let patience = Duration.seconds(300)

    init(of command: LinuxSystem.Command) throws {
        var measured = try Self.own([Self.runWord, command.path] + command.arguments)
        measured.output = .pipe
        let result = try measured.run(until: Deadline(after: Self.patience))
        let figures = result.text.split(separator: " ").compactMap { Double($0) }
        guard result.status.isSuccess, !result.didTimeOut, figures.count == 2 else {
            throw BenchmarkError.broken("\(command.path): \(result.status) \(result.errorText)")
        }
        (milliseconds, mebibytes) = (figures[0], figures[1])
    }

    /// The command line tool as it is built into this executable.
    static func tool(_ words: [String]) throws -> LinuxSystem.Command { try own([toolWord] + words) }

    private static func own(_ words: [String]) throws(SystemError) -> LinuxSystem.Command {
        LinuxSystem.Command(try Filesystem.resolve(LinuxSystem.Command.ownExecutable), words)
    }

    /// What the executable does when it was started by the above.
    ///
    /// - Returns: the exit status, or nil when the words are others.
    static func run(_ words: [String]) throws -> Int32? {
        switch words.first {
        case toolWord: return Tool.status(of: Array(words.dropFirst()), in: .process)
        case runWord:
            guard words.count > 1 else { return 2 }
            let start = MonotonicClock.nanoseconds
            let result = try LinuxSystem.Command(words[1], Array(words.dropFirst(2)))
                .run(limit: 4096, until: Deadline(after: patience))
            let elapsed = Double(MonotonicClock.nanoseconds - start) / 1e6
            guard result.status.isSuccess, !result.didTimeOut else {
                throw BenchmarkError.broken("\(result.status) \(result.errorText)")
            }
            let line = "\(elapsed) \(Double(peakOfChildren()) / 1024)"
            try DescriptorSink(STDOUT_FILENO).write(Array(line.utf8).span)
            return 0
        default: return nil
        }
    }

    /// Kibibytes: `ru_maxrss` of getrusage(2).
    private static func peakOfChildren() -> Int {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
        return usage.ru_maxrss
    }
}
