// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum ConnectTimeDetach: Command {
    package static let spec = CommandSpec(
        noun: "connect-time", verb: "detach", aliases: ["clean"], "Detach the connect-time programs",
        details: [
            """
            New sockets then go to the service's address, and their packets are balanced on the interfaces. Connected \
            TCP sockets go on: they talk to their backend. Unconnected UDP sockets are balanced by their packets from \
            then on. 'status' is degraded until 'connect-time attach' or 'enable'.
            """
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl connect-time detach", "Balance packets only"),
            Example("ebpfctl connect-time clean", "The same, in the words of 'calico-node -bpf'"),
        ],
        requirements: [Requirement.enabled, Requirement.root],
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.node)
        let detached = try context.writing().detachConnectTime(isDryRun: context.isDryRun)
        try context.renderer.changes(
            detached.map { Change("attachment", $0.pinName, .deleted, isDryRun: context.isDryRun) })
        if detached.isEmpty { context.note("no connect-time program was attached") }
        return .success
    }
}
