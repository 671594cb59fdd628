// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// A tracked connection as listings show it; cells and fields are written without strings, for tables of a million.
struct ConnectionRow: Presentable {
    let connection: Connection

    static var kind: String { "Connection" }

    /// The first three are the tuple, which `conntrack get` and `delete` take as it stands.
    static var columns: [Column] {
        [
            Column("PROTO"), Column("SOURCE", isWhole: true), Column("DESTINATION", isWhole: true),
            Column("BACKEND", isWhole: true, yields: 4), Column("STATE", isWhole: true, yields: 3),
            Column("IDLE", .right, yields: 2), Column("SERVICE", isWhole: true, yields: 1),
            Column("AGE", .right, wideOnly: true),
            Column("PACKETS", .right, wideOnly: true), Column("BYTES", .right, wideOnly: true),
            Column("FLAGS", wideOnly: true),
        ]
    }

    var resourceName: String { connection.key.description }

    func cells(_ row: inout RowWriter) {
        // Coloured too: where the state gives way, its colour stays.
        row.cell(connection.key.transport == .tcp ? "tcp" : "udp", tone)
        row.cell { connection.key.source.write(into: &$0) }
        row.cell { connection.key.destination.write(into: &$0) }
        backendCell(&row)
        row.cell(connection.state?.rawValue, tone)
        row.cell(HumanFormat.age(connection.idle))
        row.cell(serviceText)
        row.cell(connection.age.map(HumanFormat.age))
        row.cell(connection.total.packets)
        row.cell(connection.total.bytes)
        row.cell(connection.flags.names.joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name") { connection.key.write(into: &$0) }
        object.string("protocol", connection.key.transport == .tcp ? "tcp" : "udp")
        endpoint("source", connection.key.source, &object)
        endpoint("destination", connection.key.destination, &object)
        endpoint("backend", connection.backend, &object)
        object.string("node", connection.node?.description)
        object.string("service", connection.service?.text)
        object.integer("serviceID", connection.serviceID)
        object.string("state", connection.state?.rawValue)
        object.seconds("ageSeconds", connection.age)
        object.seconds("idleSeconds", connection.idle)
        traffic("forward", connection.forward, &object)
        traffic("reply", connection.reply, &object)
        object.strings("flags", connection.flags.names)
    }

    /// Documents hold the number of a service that has been deleted since.
    private var serviceText: String { connection.service?.text ?? "<deleted>" }

    private var tone: Tone {
        switch connection.state {
        case .established: .good
        case .synSent: .warning
        case .finSeen, .closed: .dim
        case .reset: .bad
        case nil: .plain
        }
    }

    /// The backend, or `via:` and the node that chooses it.
    private func backendCell(_ row: inout RowWriter) {
        if let backend = connection.backend {
            row.cell { backend.write(into: &$0) }
        } else {
            row.cell(connection.node.map { "via:\($0)" })
        }
    }

    private func endpoint(_ name: String, _ endpoint: Endpoint?, _ object: inout ObjectWriter) {
        guard let endpoint else { return object.null(name) }
        object.object(name) { item in
            item.string("address") { endpoint.address.write(into: &$0) }
            item.integer("port", Int(endpoint.port))
        }
    }

    private func traffic(_ name: String, _ traffic: Connection.Traffic, _ object: inout ObjectWriter) {
        object.object(name) { item in
            item.integer("packets", traffic.packets)
            item.integer("bytes", traffic.bytes)
        }
    }
}

extension ConnectionRow: Describable {
    func describe(_ page: inout DescriptionList) {
        page.entry("Protocol", "\(connection.key.transport)")
        page.entry("Source", "\(connection.key.source)")
        page.entry("Destination", "\(connection.key.destination)")
        page.entry("Backend", connection.backend?.description)
        if let node = connection.node { page.entry("Via node", "\(node)") }
        page.entry("Service", serviceText)
        page.entry("State", connection.state?.rawValue)
        page.entry("Age", connection.age.map(HumanFormat.age))
        page.entry("Idle", HumanFormat.age(connection.idle))
        page.entry("Forward", "\(connection.forward.packets) packets, \(connection.forward.bytes) bytes")
        page.entry("Reply", "\(connection.reply.packets) packets, \(connection.reply.bytes) bytes")
        page.entry("Flags", connection.flags.names)
    }
}
