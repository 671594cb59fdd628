// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// A backend as listings show it.
struct BackendRow: Presentable {
    let service: ServiceName
    let backend: Backend

    static var kind: String { "Backend" }

    static var columns: [Column] {
        Backend.columns + [Column("SERVICE", isWhole: true)]
    }

    /// The two words that `backend remove` takes.
    var resourceName: String { "\(service) \(backend.endpoint)" }

    func cells(_ row: inout RowWriter) {
        backend.cells(&row)
        row.cell(service.text)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("service", service.text)
        backend.fields(&object)
    }
}

/// A backend within the page of its service.
struct ServiceBackendRow: Presentable {
    let backend: Backend

    static var kind: String { "Backend" }

    static var columns: [Column] { Backend.columns }

    var resourceName: String { "\(backend.endpoint)" }

    func cells(_ row: inout RowWriter) { backend.cells(&row) }

    func fields(_ object: inout ObjectWriter) { backend.fields(&object) }
}

extension Backend {
    fileprivate static var columns: [Column] {
        [Column("BACKEND", isWhole: true), Column("WEIGHT", .right), Column("LOCAL"), Column("STATE")]
    }

    fileprivate func cells(_ row: inout RowWriter) {
        row.cell("\(endpoint)")
        row.cell(weight)
        row.cell(isLocal == true ? "yes" : "no")
        row.cell(state.rawValue, state == .draining ? .warning : .plain)
    }

    /// The fields of a backend wherever a document shows one.
    func fields(_ item: inout ObjectWriter) {
        item.string("address", "\(endpoint.address)")
        item.integer("port", endpoint.port)
        item.integer("weight", weight)
        item.bool("local", isLocal == true)
        item.string("state", state.rawValue)
    }
}
