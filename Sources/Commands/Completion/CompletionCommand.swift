// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Rendering

package enum CompletionCommand: Command {
    package static let spec = CommandSpec(
        verb: "completion", "Print a completion script for a shell",
        arguments: [
            ArgumentSpec(ValueSpec("SHELL", .enumeration(Shell.allCases.map(\.rawValue))), "Shell to complete in")
        ],
        examples: [
            Example(
                "ebpfctl completion bash > /etc/bash_completion.d/ebpfctl", "For bash, in every new shell"),
            Example("ebpfctl completion fish > ~/.config/fish/completions/ebpfctl.fish", "For fish"),
        ],
        exitCodes: ExitMeaning.informational)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        guard let shell = context.invocation.argument("SHELL").flatMap(Shell.init(rawValue:)) else { return .usage }
        try context.surroundings.output.write(Array(Tool.table.completionScript(for: shell).utf8).span)
        return .success
    }
}
