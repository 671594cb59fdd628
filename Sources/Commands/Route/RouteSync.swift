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
            told. Routes that were added by hand or come from Node objects stay.
            """
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl route sync --dry-run", "Show what has changed since 'enable'")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let dataplane = try context.writing()
        let kernel = try dataplane.kernelRoutes()
        let changes = try dataplane.routes().synchronize(with: kernel, isDryRun: context.isDryRun)
        try context.renderer.changes(changes.lines(isDryRun: context.isDryRun))
        context.remark(changes.unchangedSummary)
        return .success
    }
}
