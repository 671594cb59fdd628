// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum DisableCommand: Command {
    package static let spec = CommandSpec(
        verb: "disable", "Take the dataplane off this node without a trace",
        details: [
            """
            Detaches every program, removes all maps with the services in them, and looks whether anything is left. \
            Traffic goes the host stack's way from then on; connections that were being translated end.
            """
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl disable", "Also puts right what a killed command has left"),
            Example("ebpfctl disable --dry-run", "List what would go"),
        ],
        requirements: [Requirement.root],
        exitCodes: ExitMeaning.standard([
            .success: "nothing of the dataplane is left, or there was none", .failure: "something could not be removed",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.node)
        let report = try Disable.run(
            at: context.location, isDryRun: context.isDryRun, lockedUntil: context.deadline)
        let path = PinDirectory.live(on: context.location.bpffs).path
        let removed = report.removed.filter { $0.name != path }.map {
            Change($0.kind.rawValue, $0.name, .deleted, isDryRun: context.isDryRun)
        }
        let whole = Change("dataplane", path, report.wasEnabled ? .deleted : .unchanged, isDryRun: context.isDryRun)
        try context.renderer.changes(removed + [whole])
        guard report.leftovers.isEmpty else {
            throw DataplaneError.leftovers(report.leftovers, after: "disable")
        }
        if !report.wasEnabled {
            context.note("no dataplane was enabled under \(context.location.bpffs)")
        } else if !context.isDryRun {
            context.note("nothing of it is left")
        }
        return .success
    }
}
