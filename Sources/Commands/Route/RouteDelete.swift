// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum RouteDelete: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "delete", "Delete routes",
        details: ["A route that the kernel's own tables ask for comes back with 'route sync' and 'enable'."],
        arguments: [
            ArgumentSpec(
                ValueSpec("CIDR", .live(["route", "list", "-q"])), arity: .oneOrMore, "Block of addresses, as listed")
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl route delete 10.244.2.0/24", "Forget where these pods live")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several routes at least one was not deleted",
            .notFound: "no such route, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let prefixes = try context.invocation.arguments("CIDR") { try Prefix($0) }
        let routes = try context.writing().routes()
        let known = Set(try routes.routes().map(\.route.prefix))
        return try context.forEach(prefixes) { prefix in
            guard known.contains(prefix) else { throw DataplaneError.unknownRoute(prefix) }
            if !context.isDryRun { try routes.delete(prefix) }
            return Change("route", prefix.description, .deleted, isDryRun: context.isDryRun)
        }
    }
}
