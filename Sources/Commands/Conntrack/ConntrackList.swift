// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackList: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "list", aliases: ["dump"], "List tracked connections",
        details: [
            """
            Up to \(ConnectionListing.sortable) connections are sorted by protocol, source and destination. A larger \
            table is printed as it is read, in the kernel's order, unless --sort asks for another one. Where a \
            terminal is too narrow, the columns SERVICE, IDLE, STATE and BACKEND are left out, in this order, as far \
            as needed; '-o wide' shows all.
            """,
            Watch.details,
            """
            A watched terminal shows as many connections as fit, by --sort or else the busiest first: those that have \
            carried the most bytes a second since the last look, and at the first look the most bytes.
            """,
        ],
        options: ConnectionSelection.options + [
            OptionSpec(
                "sort", value: ValueSpec("KEY", .enumeration(ConnectionOrder.allCases.map(\.rawValue))), "Largest first"
            ),
            OptionSpec("limit", value: ValueSpec("N"), "At most so many"),
        ] + Watch.options,
        examples: [
            Example("ebpfctl conntrack list --service default/web", "The connections of a service"),
            Example("ebpfctl ct list --proto tcp --src 10.244.1.0/24 --dst :80", "TCP from a block of pods to port 80"),
            Example("ebpfctl conntrack list --sort bytes --limit 10 -o wide", "The ten largest"),
            Example("ebpfctl conntrack list --watch --interval 5s", "The busiest, every five seconds"),
            Example("ebpfctl conntrack list --watch -o json", "What comes, changes and goes, a document a line"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let filter = try ConnectionSelection.filter(of: context)
        let limit = try context.invocation.option("limit") { try Int(text: $0, in: 1...Int(Int32.max)) }
        let order = context.invocation.value("sort").flatMap(ConnectionOrder.init(rawValue:))
        if let interval = try context.watchInterval() {
            var watch = ConnectionWatch(filter: filter, order: order, limit: limit)
            return try context.watch(every: interval) { try watch.look(context, rows: $0) }
        }
        let store = try context.reading().connections()
        try ConnectionSelection.check(filter, store)
        var listing = ConnectionListing(
            order: order, limit: limit, stream: context.renderer.stream(of: ConnectionRow.self))
        do {
            try store.forEach(matching: filter) { try listing.add($0) }
        } catch is ConnectionListing.Complete {}
        try listing.finish()
        return .success
    }
}
