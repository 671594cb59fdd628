// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum AffinityClear: Command {
    package static let spec = CommandSpec(
        noun: "affinity", verb: "clear", "Let clients go that are kept on a backend",
        details: [
            """
            The next connection of each may be given another backend; connections that are tracked keep theirs. \
            Without a service, the clients of all are let go.
            """
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.ofBackend, arity: .optional, ServiceNameArgument.meaning)],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl affinity clear default/web", "Spread the clients of one service anew"),
            Example("ebpfctl affinity clear --dry-run", "List the clients of all services that would be let go"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]),
        mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.argument("SERVICE") { try ServiceName($0) }
        let dataplane = try context.writing()
        let store = try dataplane.affinity()
        let entries = try store.entries(of: wanted).filter { context.families.contains($0.family) }
        if !context.isDryRun { try store.delete(entries) }
        try context.renderer.changes(
            entries.lazy.map { entry in
                let name = "\(entry.serviceText) \(entry.client)"
                return Change("affinity", name, .deleted, isDryRun: context.isDryRun)
            })
        return .success
    }
}
