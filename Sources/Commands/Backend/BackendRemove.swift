// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum BackendRemove: Command {
    package static let spec = CommandSpec(
        noun: "backend", verb: "remove", aliases: ["delete"], "Take backends away from a service",
        details: [
            """
            New connections no longer go there. TCP connections that are tracked go on, unless --close-tcp is \
            given; UDP flows are forgotten and their sockets ended, so that their clients find another backend. A \
            service may be left without backends: its clients are refused.
            """
        ],
        arguments: [
            ArgumentSpec(ServiceNameArgument.ofBackend, ServiceNameArgument.meaning),
            ArgumentSpec(ValueSpec("ADDR:PORT"), arity: .oneOrMore, "Server"),
        ],
        options: [CloseTCP.option, DryRun.option],
        examples: [Example("ebpfctl backend remove default/web 10.1.0.4:8080", "Take one server away")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several backends at least one was not removed",
            .notFound: "no such service or backend, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = try context.invocation.required("SERVICE") { try ServiceName($0) }
        let endpoints = try context.invocation.arguments("ADDR:PORT") { try Endpoint($0) }
        return try context.forEachBackend(endpoints, of: name, CloseTCP.removal(context)) { service, index in
            service.backends.remove(at: index)
            return .deleted
        }
    }
}
