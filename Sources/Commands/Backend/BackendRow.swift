// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// A backend as listings show it.
struct BackendRow: Presentable {
    /// Nil where the service is the same for all rows and named elsewhere.
    let service: ServiceName?
    let backend: Backend

    static var kind: String { "Backend" }

    static var columns: [Column] {
        [
            Column("BACKEND"), Column("WEIGHT", .right), Column("LOCAL"), Column("STATE"), Column("SERVICE"),
        ]
    }

    /// `SERVICE ADDR:PORT`, the two words that `backend remove` takes; the address alone where the service is named.
    var resourceName: String { (service.map { "\($0) " } ?? "") + "\(backend.endpoint)" }

    func cells(_ row: inout RowWriter) {
        row.cell("\(backend.endpoint)")
        row.cell(backend.weight)
        row.cell(backend.isLocal == true ? "yes" : "no")
        row.cell(backend.state.rawValue, backend.state == .draining ? .warning : .plain)
        row.cell(service?.text)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("service", service?.text)
        backend.fields(&object)
    }
}
