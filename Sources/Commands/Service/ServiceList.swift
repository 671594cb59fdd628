// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceList: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "list", aliases: ["dump"], "List services",
        details: ["With a name, only that service; without a port in the name, all ports of it."],
        arguments: [ArgumentSpec(ServiceNameArgument.value, arity: .optional, ServiceNameArgument.meaning)],
        examples: [
            Example("ebpfctl service list", "All services, by name"),
            Example("ebpfctl service list -o wide", "With the backends of each"),
            Example("ebpfctl nat dump", "The same for those who come from Calico"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.argument(ServiceNameArgument.name) { try ServiceName($0) }
        let services = try context.reading().services().services()
        let found = services.filter { wanted?.covers($0.name) ?? true }
        if let wanted, found.isEmpty { throw DataplaneError.unknownService(wanted) }
        try context.renderer.list(found.compactMap { $0.limited(to: context.families) }.map(ServiceRow.init))
        return .success
    }
}
