// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum BackendDrain: Command {
    package static let spec = CommandSpec(
        noun: "backend", verb: "drain", "Give backends no new connections",
        details: [
            """
            Connections that are tracked go on, and clients that were kept there by session affinity get another \
            backend when they connect anew. 'backend add' makes a draining backend active again, 'backend remove' \
            takes it away.
            """
        ],
        arguments: [
            ArgumentSpec(ServiceNameArgument.ofBackend, ServiceNameArgument.meaning),
            ArgumentSpec(ValueSpec("ADDR:PORT"), arity: .oneOrMore, "Server"),
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl backend drain default/web 10.1.0.4:8080", "Let one server finish what it has"),
            Example("ebpfctl conntrack list --backend 10.1.0.4:8080", "See what it is still at"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several backends at least one was not drained",
            .notFound: "no such service or backend, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = try context.invocation.required("SERVICE") { try ServiceName($0) }
        let endpoints = try context.invocation.arguments("ADDR:PORT") { try Endpoint($0) }
        return try context.forEachBackend(endpoints, of: name, BackendRemoval()) { service, index in
            let wasActive = service.backends[index].state == .active
            service.backends[index].state = .draining
            return wasActive ? .configured : .unchanged
        }
    }
}
