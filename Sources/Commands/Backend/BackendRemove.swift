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
            New connections no longer go there. TCP connections that are tracked go on; UDP flows are forgotten, so \
            that their clients find another backend. A service may be left without backends: its clients are refused.
            """
        ],
        arguments: [
            ArgumentSpec(ServiceNameArgument.ofBackend, ServiceNameArgument.meaning),
            ArgumentSpec(ValueSpec("ADDR:PORT"), arity: .oneOrMore, "Server"),
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl backend remove default/web 10.1.0.4:8080", "Take one server away")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several backends at least one was not removed",
            .notFound: "no such service or backend, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = try context.invocation.required("SERVICE") { try ServiceName($0) }
        let endpoints = try context.invocation.arguments("ADDR:PORT") { try Endpoint($0) }
        let dataplane = try context.writing()
        guard var service = try dataplane.services().service(named: name) else {
            throw DataplaneError.unknownService(name)
        }
        return try context.forEach(endpoints) { endpoint in
            guard let index = service.backends.firstIndex(where: { $0.endpoint == endpoint }) else {
                throw DataplaneError.unknownBackend(name, endpoint)
            }
            service.backends.remove(at: index)
            _ = try dataplane.replace(service, isDryRun: context.isDryRun)
            return Change("backend", "\(name) \(endpoint)", .deleted, isDryRun: context.isDryRun)
        }
    }
}
