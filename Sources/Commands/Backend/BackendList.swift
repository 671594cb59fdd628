// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum BackendList: Command {
    package static let spec = CommandSpec(
        noun: "backend", verb: "list", aliases: ["dump"], "List backends",
        details: ["With a service, only its backends; without a port in its name, those of all its ports."],
        arguments: [ArgumentSpec(ServiceNameArgument.ofBackend, arity: .optional, ServiceNameArgument.meaning)],
        examples: [
            Example("ebpfctl backend list", "The backends of all services"),
            Example("ebpfctl backend list default/web", "The backends of one service"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.argument("SERVICE") { try ServiceName($0) }
        let services = try context.reading().services().services()
        let found = services.filter { wanted?.covers($0.name) ?? true }
        if let wanted, found.isEmpty { throw DataplaneError.unknownService(wanted) }
        let rows = found.flatMap { service in
            service.backends.filter { context.families.contains($0.family) }
                .map { BackendRow(service: service.name, backend: $0) }
        }
        try context.renderer.list(rows)
        return .success
    }
}
