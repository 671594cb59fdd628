// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum RouteList: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "list", aliases: ["dump"], "List routes",
        examples: [Example("ebpfctl route list -4", "The IPv4 routes, by prefix")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let entries = try context.reading().routes().routes()
        let names = try InterfaceNames.current()
        let shown = entries.filter { context.families.contains($0.route.prefix.family) }
        try context.renderer.list(shown.map { RouteRow($0, names: names) })
        return .success
    }
}
