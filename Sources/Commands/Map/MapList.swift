// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum MapList: Command {
    package static let spec = CommandSpec(
        noun: "map", verb: "list", aliases: ["dump"], "List the pinned maps and how full they are",
        details: [
            """
            Entries are counted by reading the maps. Of arrays every index is an entry, of the slots those that \
            services own. Memory is what the kernel accounts to a map. Another size is given with \
            'enable --map-size', which keeps the entries.
            """
        ],
        examples: [
            Example("ebpfctl map list", "Entries, size, fill and memory"),
            Example("ebpfctl map list -4 -o json", "Those of IPv4 and of both families, with what they hold"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let maps = try context.reading().maps()
        let shown = maps.filter { map in
            MapName(map.name)?.family.map { context.families.contains($0) } ?? true
        }
        try context.renderer.list(shown.map { MapListRow(usage: $0) })
        return .success
    }
}

/// A map as its listing shows it: what `status` says of it, and what it holds.
struct MapListRow: Presentable {
    let usage: MapUsage

    private var row: MapRow { MapRow(usage: usage) }

    static var kind: String { MapRow.kind }

    static var columns: [Column] { MapRow.columns + [Column("ID", .right, wideOnly: true)] }

    var resourceName: String { usage.name }

    func cells(_ row: inout RowWriter) {
        self.row.cells(&row)
        row.cell(usage.id)
    }

    func fields(_ object: inout ObjectWriter) {
        row.fields(&object)
        object.integer("id", usage.id)
        object.string("holds", MapName(usage.name)?.caption)
    }
}
