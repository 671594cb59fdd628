// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering
import Topology

package enum RouteSync: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "sync", "Make the routes equal to the kernel's addresses and routes",
        details: [
            """
            Reads this node's addresses and its main routing table, with the uplinks and workloads that 'enable' was \
            told. Routes that were added by hand stay.
            """
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl route sync --dry-run", "Show what has changed since 'enable'")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let dataplane = try context.writing()
        let desired = try dataplane.desiredRoutes()
        let changes = try dataplane.routes().synchronize(with: desired, isDryRun: context.isDryRun)
        let lines =
            changes.added.map { ($0, Change.Outcome.created) } + changes.changed.map { ($0, .configured) }
            + changes.removed.map { ($0, .deleted) }
        try context.renderer.changes(
            lines.sorted { $0.0 < $1.0 }.map { route, outcome in
                Change("route", route.prefix.description, outcome, isDryRun: context.isDryRun)
            })
        context.note("\(changes.unchanged) \(changes.unchanged == 1 ? "route" : "routes") unchanged")
        return .success
    }
}
