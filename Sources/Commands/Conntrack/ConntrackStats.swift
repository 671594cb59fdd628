// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackStats: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "stats", "Show how the connection table is used",
        examples: [Example("ebpfctl conntrack stats", "Entries, capacity, and connections by state")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let statistics = try context.reading().connections().statistics()
        try context.renderer.page(ConnectionStatisticsPage(statistics: statistics))
        return .success
    }
}

/// The state of the connection table as one page.
struct ConnectionStatisticsPage: Describable {
    let statistics: ConnectionStatistics

    static var kind: String { "ConnectionStatistics" }

    var resourceName: String { "connections" }

    private var states: [(name: String, field: String, count: Int)] {
        TCPState.allCases.map { ($0.rawValue, "\($0)", statistics.tcp[$0] ?? 0) }
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("Connections", statistics.connections)
        page.section("TCP") { section in
            for state in states { section.entry(state.name, state.count) }
        }
        page.entry("UDP", statistics.udp)
        for family in statistics.families {
            let share = HumanFormat.percentage(UInt64(family.entries), of: UInt64(family.capacity))
            page.entry(
                "\(family.family) entries",
                "\(family.entries) of \(family.capacity)" + (share.map { " (\($0))" } ?? ""),
                family.entries * 10 > family.capacity * 9 ? .warning : .plain)
        }
        page.entry("Orphaned entries", statistics.orphans)
    }

    func fields(_ object: inout ObjectWriter) {
        object.integer("connections", statistics.connections)
        object.object("tcp") { tcp in
            for state in states { tcp.integer(state.field, state.count) }
        }
        object.integer("udp", statistics.udp)
        object.array("families", statistics.families) { family, item in
            item.string("family", "\(family.family)")
            item.integer("entries", family.entries)
            item.integer("capacity", family.capacity)
        }
        object.integer("orphanedEntries", statistics.orphans)
    }
}
