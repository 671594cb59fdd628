// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

package enum NeighborList: Command {
    package static let spec = CommandSpec(
        noun: "neighbor", verb: "list", aliases: ["dump"], "List the neighbors that packets are sent to",
        details: [
            """
            The programs keep no link-layer addresses of their own: they ask the kernel for the next hop's. Shown is \
            the kernel's table on uplinks, workloads and their bridges, with what the routes say each address is.
            """
        ],
        examples: [
            Example("ebpfctl neighbor list", "Next hops, pods and other nodes"),
            Example("ebpfctl arp dump -4", "The same for IPv4, in the words of 'calico-node -bpf'"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let neighbours = try context.reading().neighbours()
        let shown = neighbours.filter { context.families.contains($0.neighbour.address.family) }
        try context.renderer.list(shown.map(NeighborRow.init))
        return .success
    }
}

/// A neighbor as listings show it.
struct NeighborRow: Presentable {
    let known: DataplaneNeighbour

    static var kind: String { "Neighbor" }

    static var columns: [Column] {
        [
            Column("ADDRESS", isWhole: true), Column("INTERFACE"), Column("MAC", isWhole: true), Column("STATE"),
            Column("IS"), Column("ROUTE"),
        ]
    }

    var resourceName: String { "\(known.neighbour.address)" }

    private var mac: String? { known.neighbour.macAddress?.description }

    /// Who has the address; nil when no route names it.
    private var owner: String? {
        guard let entry = known.route else { return nil }
        if entry.isNode { return "node" }
        return entry.route.role == .workload ? "pod" : "host"
    }

    func cells(_ row: inout RowWriter) {
        let state = known.neighbour.state
        row.cell("\(known.neighbour.address)")
        row.cell(known.interfaceName)
        row.cell(mac)
        row.cell(state.word, state.contains(.failed) || state.contains(.incomplete) ? .warning : .plain)
        row.cell(owner)
        row.cell(known.route?.route.prefix.description)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("address", "\(known.neighbour.address)")
        object.string("interface", known.interfaceName)
        object.integer("interfaceIndex", known.neighbour.interfaceIndex)
        object.string("mac", mac)
        object.string("state", known.neighbour.state.word)
        object.string("owner", owner)
        object.string("route", known.route?.route.prefix.description)
    }
}

extension Neighbour.State {
    /// As ip-neighbour(8) says it; `none` for an entry without a state.
    var word: String {
        let words: [(Neighbour.State, String)] = [
            (.permanent, "permanent"), (.noARP, "noarp"), (.reachable, "reachable"), (.stale, "stale"),
            (.delay, "delay"), (.probe, "probe"), (.failed, "failed"), (.incomplete, "incomplete"),
        ]
        return words.first { contains($0.0) }?.1 ?? "none"
    }
}
