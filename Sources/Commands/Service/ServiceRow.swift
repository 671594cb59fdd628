// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// A service as listings and `get` show it.
struct ServiceRow: Presentable {
    let service: Service

    static var kind: String { "Service" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("FRONTENDS"), Column("BACKENDS", .right), Column("LOCAL", .right),
            Column("ALGORITHM", wideOnly: true), Column("AFFINITY", .right, wideOnly: true),
            Column("EXTERNAL-POLICY", wideOnly: true), Column("INTERNAL-POLICY", wideOnly: true),
            Column("SOURCE-RANGES", wideOnly: true), Column("ALL-FRONTENDS", wideOnly: true),
            Column("ALL-BACKENDS", wideOnly: true),
        ]
    }

    var resourceName: String { service.name.text }

    func cells(_ row: inout RowWriter) {
        let local = service.backends.count { $0.isLocal == true }
        row.cell(service.name.text)
        row.cell(Self.shortened(service.frontends))
        row.cell(service.backends.count, service.isServed ? .plain : .warning)
        row.cell(local)
        row.cell(service.algorithm.rawValue)
        row.cell(service.affinity?.text)
        row.cell(service.externalPolicy.rawValue)
        row.cell(service.internalPolicy.rawValue)
        row.cell(service.sourceRanges.map(\.description).joined(separator: ","))
        row.cell(service.frontends.map(\.description).joined(separator: ","))
        row.cell(service.backends.map { "\($0.endpoint)" }.joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", service.name.text)
        object.array("frontends", service.frontends) { frontend, item in
            item.string("kind", frontend.kind.rawValue)
            item.string("address", frontend.address.map { "\($0.endpoint.address)" })
            item.integer("port", frontend.port)
            item.string("protocol", "\(frontend.transport)")
        }
        object.string("algorithm", service.algorithm.rawValue)
        object.seconds("affinitySeconds", service.affinity)
        object.string("externalPolicy", service.externalPolicy.rawValue)
        object.string("internalPolicy", service.internalPolicy.rawValue)
        object.strings("sourceRanges", service.sourceRanges.map(\.description))
        object.array("backends", service.backends) { backend, item in backend.fields(&item) }
    }

    /// The first two, and how many more there are.
    static func shortened(_ frontends: [Frontend]) -> String {
        let shown = frontends.prefix(2).map(\.description).joined(separator: ",")
        return frontends.count > 2 ? "\(shown),+\(frontends.count - 2)" : shown
    }
}

extension ServiceRow: Describable {
    func describe(_ page: inout DescriptionList) {
        page.entry("Name", service.name.text)
        page.entry("Frontends", service.frontends.map { "\($0) (\($0.kind.rawValue))" })
        page.entry("Algorithm", service.algorithm.rawValue)
        page.entry("Affinity", service.affinity?.text)
        page.entry("External policy", service.externalPolicy.rawValue)
        page.entry("Internal policy", service.internalPolicy.rawValue)
        page.entry("Source ranges", service.sourceRanges.map(\.description))
        page.table("Backends", service.backends.map(ServiceBackendRow.init))
    }
}

extension Service {
    /// The part that concerns these families; nil when there is none.
    func limited(to families: Set<AddressFamily>) -> Service? {
        guard families.count == 1 else { return self }
        var part = self
        part.frontends = frontends.filter { $0.family.map(families.contains) ?? true }
        part.sourceRanges = sourceRanges.filter { families.contains($0.family) }
        part.backends = backends.filter { families.contains($0.family) }
        return part.frontends.isEmpty ? nil : part
    }
}
