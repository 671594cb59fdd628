// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum ConnectTimeAttach: Command {
    package static let spec = CommandSpec(
        noun: "connect-time", verb: "attach", "Attach the connect-time programs again",
        details: [
            """
            Attaches what 'enable' was asked for with --connect-time, to the cgroup it was told, and leaves alone what \
            is there. Sockets that are connected already stay as they are.
            """
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl connect-time attach", "After 'ebpfctl connect-time detach'")],
        requirements: [Requirement.enabled, Requirement.root],
        exitCodes: ExitMeaning.standard([
            .notFound: "the dataplane is not enabled",
            .notSupported: "it was enabled with --connect-time off, or there is no cgroup2 hierarchy",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.node)
        let done = try context.writing().attachConnectTime(isDryRun: context.isDryRun)
        try context.renderer.changes(
            done.map { program, isNew in
                Change("attachment", program.pinName, isNew ? .created : .unchanged, isDryRun: context.isDryRun)
            })
        return .success
    }
}
