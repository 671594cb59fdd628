// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering

/// An entry of the routes maps as listings show it.
struct RouteRow: Presentable {
    let entry: RouteEntry

    /// - Parameter names: those of the node's interfaces, which the maps do not hold.
    init(_ entry: RouteEntry, names: InterfaceNames) {
        var named = entry
        named.route = names.naming(entry.route)
        self.entry = named
    }

    static var kind: String { "Route" }

    static var columns: [Column] {
        [
            Column("PREFIX", isWhole: true), Column("ROLE"), Column("PLACE"), Column("VIA", isWhole: true),
            Column("ORIGIN"),
            Column("PEER", wideOnly: true), Column("NO-DSR", wideOnly: true),
        ]
    }

    var resourceName: String { entry.route.prefix.description }

    private var route: Route { entry.route }
    private var origin: String { entry.origin.rawValue }
    private var role: String { entry.isNode ? "node" : route.role.rawValue }

    /// The interface or node; a remote place without an address means each address itself, on the uplink's network.
    private var via: String? {
        switch route.place {
        case .local(let interface): interface.name ?? InterfaceNames.gone
        case .remote(let node) where node.isUnspecified: route.role == .host ? "on-link" : nil
        case .remote(let node): "\(node)"
        }
    }

    func cells(_ row: inout RowWriter) {
        row.cell(route.prefix.description)
        row.cell(role)
        row.cell(route.isLocal ? "local" : "remote")
        row.cell(via)
        row.cell(origin)
        row.cell(entry.isPeer ? "yes" : "no")
        row.cell(route.noDSR ? "yes" : "no")
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("prefix", route.prefix.description)
        object.string("role", role)
        object.bool("local", route.isLocal)
        switch route.place {
        case .local(let interface):
            object.string("interface", interface.name)
            object.integer("interfaceIndex", interface.index)
        case .remote(let node):
            object.string("node", node.isUnspecified ? nil : "\(node)")
        }
        object.bool("peer", entry.isPeer)
        object.bool("noDSR", route.noDSR)
        object.string("origin", origin)
    }
}

extension RouteEntry.Origin {
    fileprivate var text: String {
        switch self {
        case .kernel: "written by 'route sync'"
        case .cluster: "of a Node object, written by 'service apply'"
        case .manual: "'route sync' leaves it"
        }
    }
}

extension RouteRow: Describable {
    func describe(_ page: inout DescriptionList) {
        page.entry("Prefix", route.prefix.description)
        page.entry("Role", role)
        page.entry("Place", route.isLocal ? "local" : "remote")
        page.entry("Via", via)
        page.entry("Origin", "\(origin): \(entry.origin.text)")
        page.entry("Peer", entry.isPeer ? "yes: packets are handed straight into the pod" : "no")
        page.entry("No DSR", route.noDSR ? "yes: clients in here get their replies through the tunnel" : "no")
    }
}
