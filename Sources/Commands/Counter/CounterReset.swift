// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum CounterReset: Command {
    package static let spec = CommandSpec(
        noun: "counter", verb: "reset", "Set all counters to zero",
        details: [
            """
            Names the counters that were not zero. Programs count without a lock: what is counted at that very instant \
            may come out one too many or one too few.
            """
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl counter reset", "Begin to count anew"),
            Example("ebpfctl counter reset --dry-run", "Say which are not zero"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let reset = try context.writing().resetCounters(isDryRun: context.isDryRun)
        try context.renderer.changes(
            reset.map { Change("counter", $0.reason.name, .reset, isDryRun: context.isDryRun) })
        let count = reset.count == 1 ? "1 counter" : "\(reset.count) counters"
        context.note(context.isDryRun ? "\(count) would be reset" : "\(count) reset")
        return .success
    }
}
