// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum CleanupCommand: Command {
    package static let spec = CommandSpec(
        verb: "cleanup", "Remove whatever any version of this tool has left on this node",
        details: [
            """
            Does what 'disable' does, in states that 'disable' refuses: pins of another version or half of them, pins \
            that somebody else has put among ours, filters whose maps are pinned no more. What cannot be shown to be \
            ours is left alone and named.
            """,
            """
            Ours are pins by the names this tool gives and of the right kind, programs that use these maps, links that \
            run these programs, filters in the place of ours that run programs of our names on maps of our names, and \
            the overlay's device. An empty clsact discipline stays where no note says that we made it.
            """,
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl cleanup", "Leave nothing of the tool on this node"),
            Example("ebpfctl cleanup --dry-run", "List what would go, and what is not ours"),
        ],
        requirements: [Requirement.root],
        exitCodes: ExitMeaning.standard([
            .success: "nothing of ours is left, or there was nothing",
            .failure: "something could not be removed, or lies among pins that are not ours",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.node)
        let report = try Cleanup.run(
            at: context.location, isDryRun: context.isDryRun, lockedUntil: context.deadline)
        let path = PinDirectory.live(on: context.location.bpffs).path
        try context.renderer.changes(report.changes(of: path, isDryRun: context.isDryRun))
        guard report.leftovers.isEmpty else {
            throw DataplaneError.leftovers(report.leftovers, after: "cleanup")
        }
        guard report.foreign.isEmpty else { throw DataplaneError.foreignPins(report.foreign) }
        if report.removed.isEmpty {
            context.note("nothing of this tool was found")
        } else if !context.isDryRun {
            context.note("nothing of it is left")
        }
        return .success
    }
}
