// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
package import CommandLineKit
import Lab
import Rendering

/// The tool as a function from words to an exit code; `ebpfctl` only brings the real streams.
package enum Tool {
    /// As ``run(_:in:)``, for the process itself: the code as its exit status.
    package static func status(of words: [String], in surroundings: Surroundings) -> Int32 {
        run(words, in: surroundings).rawValue
    }

    /// Parses, runs and reports; never exits or throws.
    ///
    /// - Parameter words: without the tool's own name.
    package static func run(_ words: [String], in surroundings: Surroundings) -> ExitCode {
        do {
            return try dispatch(words, surroundings)
        } catch {
            let error = CommandError(error)
            // Whoever read the output has had enough of it.
            if error.isClosedPipe { return .success }
            let scene = ErrorScene(words: words, columns: surroundings.columns, readRecord: ErrorScene.record)
            surroundings.say(error.message(in: scene))
            return error.exitCode
        }
    }

    private static func dispatch(_ words: [String], _ surroundings: Surroundings) throws -> ExitCode {
        if let status = try LabProgram.run(words: words, write: surroundings.emit) {
            return ExitCode(rawValue: status) ?? .failure
        }
        switch try table.parse(words) {
        case .help(let topic):
            let options = OutputOptions(color: surroundings.allowsColor("auto"), width: surroundings.columns)
            let style = HelpStyle(width: min(surroundings.columns ?? 80, 100), isBold: options.color)
            let text = table.help(about: topic, style: style)
            try surroundings.output.write(Array(text.utf8).span)
            return .success
        case .run(let invocation):
            guard let command = commands.first(where: { $0.spec == invocation.command }) else { return .usage }
            let context = try CommandContext(invocation, in: surroundings)
            if context.isVerbose { LibbpfOutput.show(through: surroundings.libbpfLines) }
            return try command.run(context)
        }
    }
}
