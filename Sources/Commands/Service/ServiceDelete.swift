// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceDelete: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "delete", "Delete services",
        details: [
            """
            TCP connections that are tracked go on until they end, unless --close-tcp is given; UDP flows are \
            forgotten. Clients that connect anew meet the address without the service.
            """
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.value, arity: .oneOrMore, ServiceNameArgument.meaning)],
        options: [CloseTCP.option, DryRun.option],
        examples: [Example("ebpfctl service delete default/web default/dns:dns", "Delete two services")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several services at least one was not deleted",
            .notFound: "no such service, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let names = try context.invocation.arguments(ServiceNameArgument.name) { try ServiceName($0) }
        let dataplane = try context.writing()
        var store = try dataplane.services()
        var removal = CloseTCP.removal(context)
        let result = Result {
            try context.forEach(names) { name in
                guard let service = try store.service(named: name) else { throw store.unknown(name) }
                if !context.isDryRun {
                    let diff = ServiceDiff(current: [service], desired: [], pruning: true)
                    removal.add(try store.apply(diff), after: diff)
                }
                return Change("service", name.text, .deleted, isDryRun: context.isDryRun)
            }
        }
        try context.finish(removal, of: names, in: dataplane)
        return try result.get()
    }
}
