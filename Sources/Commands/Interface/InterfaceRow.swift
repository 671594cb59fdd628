// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Dataplane
import LinuxSystem
import Rendering
import Topology

/// A network interface as listings show it: its role, why it has it, and what is attached.
struct InterfaceRow: Presentable {
    let choice: InterfaceSelection.Choice
    /// Empty while nothing is enabled.
    let attachments: [Attachment]

    static var kind: String { "Interface" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("ROLE"), Column("HOOKS"), Column("MECHANISM"), Column("REASON"), Column("STATE"),
            Column("INDEX", .right, wideOnly: true), Column("KIND", wideOnly: true),
            Column("MTU", .right, wideOnly: true), Column("PROGRAMS", wideOnly: true),
        ]
    }

    var resourceName: String { choice.link.name }

    /// Directions with a program, ingress first.
    private var hooks: [String] {
        TrafficDirection.allCases.filter { direction in
            attachments.contains { if case .interface(_, direction, _) = $0.point { true } else { false } }
        }.map(\.rawValue)
    }

    private var mechanisms: [String] {
        AttachMechanism.allCases.filter { mechanism in
            attachments.contains { if case .interface(_, _, mechanism) = $0.point { true } else { false } }
        }.map(\.rawValue)
    }

    private var programs: [String] { attachments.map(\.program.pinName) }

    func cells(_ row: inout RowWriter) {
        row.cell(choice.link.name)
        row.cell(choice.role.rawValue, choice.role == .ignored ? .dim : .plain)
        row.cell(hooks.joined(separator: ","))
        row.cell(mechanisms.joined(separator: ","))
        row.cell(choice.reason.word)
        row.cell(choice.link.isUp ? "up" : "down", choice.link.isUp ? .plain : .warning)
        row.cell(choice.link.index)
        row.cell(choice.link.kind)
        row.cell(choice.link.mtu)
        row.cell(programs.joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", choice.link.name)
        object.integer("index", choice.link.index)
        object.string("kind", choice.link.kind)
        object.integer("mtu", choice.link.mtu)
        object.bool("up", choice.link.isUp)
        object.bool("ethernetHeader", choice.link.hasEthernetHeader)
        object.string("role", choice.role.rawValue)
        object.string("reason", choice.reason.word)
        object.string("explanation", choice.reason.text)
        object.strings("hooks", hooks)
        object.strings("mechanisms", mechanisms)
        object.strings("programs", programs)
    }
}

extension InterfaceReason {
    /// The reason as one word, for a cell; ``text`` says it in full.
    var word: String {
        switch self {
        case .namedUplink: "named"
        case .defaultRoute: "default-route"
        case .nodeAddress: "node-address"
        case .matchesPattern(let pattern): "matches:\(pattern)"
        case .vethIntoAnotherNamespace: "pod-veth"
        case .ownTunnel: "own-tunnel"
        case .loopback: "loopback"
        case .bondMember(let bond): "member-of:\(bond)"
        case .bridge: "bridge"
        case .bridgePort(let bridge): "port-of:\(bridge)"
        case .beneath(let uplink): "beneath:\(uplink)"
        case .localVeth(let peer): "local-veth:\(peer)"
        case .unmatchedVeth: "unmatched"
        case .unnamedDefaultRoute: "not-named"
        case .down: "down"
        case .unclaimed: "unclaimed"
        }
    }
}
