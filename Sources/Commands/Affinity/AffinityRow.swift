// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// A client that is kept on a backend, as listings show it.
struct AffinityRow: Presentable {
    let entry: AffinityEntry

    static var kind: String { "Affinity" }

    static var columns: [Column] {
        [
            Column("CLIENT", isWhole: true), Column("KIND"), Column("BACKEND", isWhole: true), Column("AGE", .right),
            Column("REMAINING", .right), Column("SERVICE", isWhole: true),
        ]
    }

    /// What `affinity clear` takes: clients are let go by service.
    var resourceName: String { entry.serviceText }

    func cells(_ row: inout RowWriter) {
        row.cell("\(entry.client)")
        row.cell(entry.client.kind)
        row.cell("\(entry.backend)")
        row.cell(HumanFormat.age(entry.age))
        row.cell(entry.isExpired ? "expired" : HumanFormat.age(entry.remaining), entry.isExpired ? .dim : .plain)
        row.cell(entry.serviceText)
    }

    func fields(_ object: inout ObjectWriter) {
        object.object("client") { item in
            item.string("kind", entry.client.kind)
            switch entry.client {
            case .address(let address): item.string("address", "\(address)")
            case .namespace(let cookie): item.integer("cookie", cookie)
            }
        }
        object.string("service", entry.service?.text)
        object.integer("serviceID", entry.serviceID)
        object.object("backend") { item in
            item.string("address", "\(entry.backend.address)")
            item.integer("port", entry.backend.port)
        }
        object.seconds("ageSeconds", entry.age)
        object.seconds("remainingSeconds", entry.remaining)
    }
}

extension AffinityEntry {
    /// Documents hold the number of a service that has been deleted since.
    var serviceText: String { service?.text ?? "<deleted>" }
}
