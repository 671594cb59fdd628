// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum DisableCommand: Command {
    package static let spec = CommandSpec(
        verb: "disable", "Take the dataplane off this node without a trace",
        details: [
            """
            Detaches every program, removes all maps with the services in them, and looks whether anything is left. \
            Traffic goes the host stack's way from then on; connections that were being translated end.
            """,
            """
            With --drain, no new connections are taken first, while those that are translated go on until none is left \
            or the time has passed. What sends to a service meanwhile meets what the host stack has for it: \
            kube-proxy's rules where kube-proxy runs, otherwise nothing, so that it fails. Connections that were \
            balanced when they connected are not waited for: they need no program. The services of this node cannot \
            be changed meanwhile. Ctrl-C takes the drain back: the node stays enabled and takes new connections again.
            """,
        ],
        options: [
            OptionSpec(
                "drain", value: ValueSpec("DURATION"),
                "First take no new connections, for as long or until none is left"
            ),
            DryRun.option,
        ],
        examples: [
            Example("ebpfctl disable", "Also puts right what a killed command has left"),
            Example("ebpfctl disable --drain 5m", "Let connections end by themselves, for five minutes at most"),
            Example("ebpfctl disable --dry-run", "List what would go"),
        ],
        requirements: [Requirement.root],
        exitCodes: ExitMeaning.standard([
            .success: "nothing of the dataplane is left, or there was none",
            .failure: "something could not be removed, or the drain was interrupted",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let duration = try context.invocation.option("drain", read: Duration.init(text:))
        try context.require(Privilege.node)
        let report = try disable(context, draining: duration)
        if let drain = report.drain, drain.wasTakenBack {
            context.note(
                "the drain is taken back: new connections are taken again, \(DrainWait.text(drain.left)) tracked")
            throw CommandError.interrupted
        }
        let path = PinDirectory.live(on: context.location.bpffs).path
        try context.renderer.changes(report.changes(of: path, isDryRun: context.isDryRun))
        guard report.leftovers.isEmpty else {
            throw DataplaneError.leftovers(report.leftovers, after: "disable")
        }
        say(report, context)
        return .success
    }

    private static func disable(_ context: CommandContext, draining duration: Duration?) throws -> DisableReport {
        guard let duration else {
            return try Disable.run(at: context.location, isDryRun: context.isDryRun, lockedUntil: context.deadline)
        }
        let wait = try DrainWait(for: duration, context)
        defer { wait.finish() }
        return try Disable.run(
            at: context.location, isDryRun: context.isDryRun, lockedUntil: context.deadline, draining: wait.plan)
    }

    private static func say(_ report: DisableReport, _ context: CommandContext) {
        guard report.wasEnabled else {
            return context.note("no dataplane was enabled under \(context.location.bpffs)")
        }
        if let left = report.drain?.left, context.isDryRun || left > 0 {
            let text = DrainWait.text(left)
            let verb = left == 1 ? "is" : "are"
            context.note(
                context.isDryRun ? "\(text) \(verb) tracked and would be waited for" : "\(text) ended with it")
        }
        if !context.isDryRun { context.note("nothing of it is left") }
    }
}
