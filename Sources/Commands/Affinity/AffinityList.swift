// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum AffinityList: Command {
    package static let spec = CommandSpec(
        noun: "affinity", verb: "list", aliases: ["dump"], "List the clients that are kept on a backend",
        details: [
            """
            A client is an address, or, where sockets are balanced as they connect, a network namespace by the \
            number of its cookie. An entry that has expired is replaced when its client connects anew.
            """
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.ofBackend, arity: .optional, ServiceNameArgument.meaning)],
        examples: [
            Example("ebpfctl affinity list", "All clients, by service"),
            Example("ebpfctl affinity list default/web", "The clients of one service"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.argument("SERVICE") { try ServiceName($0) }
        let entries = try context.reading().affinity().entries(of: wanted)
        try context.renderer.list(entries.filter { context.families.contains($0.family) }.map(AffinityRow.init))
        return .success
    }
}
