// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackSweep: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "sweep", "Remove connections that have been idle for too long",
        details: [
            """
            A connection that is over is replaced when a packet meets it, and evicted when the table is full; until \
            then it takes up room. The timeouts are those that the dataplane was enabled with.
            """
        ],
        options: [DryRun.option],
        examples: [
            Example("ebpfctl conntrack sweep", "Make room"),
            Example("ebpfctl conntrack sweep --dry-run -o json", "Count what has expired"),
        ],
        requirements: [Requirement.enabled, Requirement.inspection],
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.inspection)
        let progress = context.progress("sweeping connections")
        let sweep = try context.writing().sweep(context.onlyFamily, isDryRun: context.isDryRun) {
            progress.advance(by: $0)
        }
        progress.finish()
        try context.renderer.page(ConnectionSweepPage(sweep: sweep, isDryRun: context.isDryRun))
        return .success
    }
}

/// The outcome of a sweep as one page.
struct ConnectionSweepPage: Describable {
    let sweep: ConnectionSweep
    let isDryRun: Bool

    static var kind: String { "ConnectionSweep" }

    var resourceName: String { "connections" }

    private func count(_ transport: TransportProtocol) -> Int { sweep.expired[transport] ?? 0 }

    func describe(_ page: inout DescriptionList) {
        page.section(isDryRun ? "Expired (dry run)" : "Removed") { section in
            section.entry("TCP", count(.tcp))
            section.entry("UDP", count(.udp))
            section.entry("Orphaned entries", sweep.orphans)
        }
        page.entry("Remaining connections", sweep.remaining)
    }

    func fields(_ object: inout ObjectWriter) {
        object.bool("dryRun", isDryRun)
        object.object("expired") { expired in
            expired.integer("tcp", count(.tcp))
            expired.integer("udp", count(.udp))
            expired.integer("orphanedEntries", sweep.orphans)
        }
        object.integer("remaining", sweep.remaining)
    }
}
