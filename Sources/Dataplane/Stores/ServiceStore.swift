// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel

/// The services in the maps, as a whole: read once when opened, kept in step with what is written.
///
/// A writer holds the dataplane's lock for as long as it keeps a store.
package struct ServiceStore: ~Copyable {
    let meta: MetaStore
    /// What the dataplane was enabled with.
    let options: EnableOptions
    let nameMap: Map<UInt32, service_name>
    var v4: FamilyServices<IPv4ABI>
    var v6: FamilyServices<IPv6ABI>
    var records: [UInt32: ServiceRecord] = [:]
    var identifiers: [ServiceName: UInt32] = [:]

    init(in directory: PinDirectory) throws(DataplaneError) {
        let meta = try MetaStore(in: directory)
        let nameMap = try kernel { () throws(KernelError) in
            try Map<UInt32, service_name>(pinned: directory.map(.serviceNames))
        }
        let records = try ServiceRecord.all(in: nameMap)
        let nextSlot = try meta.read().next_slot
        let configuration = try meta.record().configuration
        let first = try FamilyServices<IPv4ABI>(
            in: directory, nextSlot: nextSlot.0, runs: records.values.map { $0.runs[0].slots })
        let second = try FamilyServices<IPv6ABI>(
            in: directory, nextSlot: nextSlot.1, runs: records.values.map { $0.runs[1].slots })
        options = EnableOptions(words: configuration)
        self.records = records
        for (id, record) in records { identifiers[record.name] = id }
        self.meta = meta
        self.nameMap = nameMap
        v4 = first
        v6 = second
    }

    /// The families that the dataplane serves.
    var families: Set<AddressFamily> { options.families }

    /// All services, sorted by name.
    package func services() throws(DataplaneError) -> [Service] {
        let end = records.values.reduce(into: [0, 0]) { end, record in
            for family in 0...1 { end[family] = max(end[family], record.runs[family].slots.upperBound) }
        }
        let slots4 = try v4.readAllSlots(upTo: end[0])
        let slots6 = try v6.readAllSlots(upTo: end[1])
        var services: [Service] = []
        for (id, record) in records {
            let listed4 = slots4[record.runs[0].listing].map(\.backend)
            let listed6 = slots6[record.runs[1].listing].map(\.backend)
            services.append(service(id, record, backends: listed4 + listed6))
        }
        return services.sorted { $0.name < $1.name }
    }

    /// - Returns: nil for a name that no service has.
    package func service(named name: ServiceName) throws(DataplaneError) -> Service? {
        guard let id = identifiers[name], let record = records[id] else { return nil }
        let listed4 = try v4.readSlots(record.runs[0].listing).map(\.backend)
        let listed6 = try v6.readSlots(record.runs[1].listing).map(\.backend)
        return service(id, record, backends: listed4 + listed6)
    }

    /// The service that has this frontend, of whatever kind.
    package func owner(of frontend: Frontend) -> ServiceName? {
        let first = frontend.entryAddress(in: .v4).flatMap { v4.entries[$0]?.serviceID }
        let second = frontend.entryAddress(in: .v6).flatMap { v6.entries[$0]?.serviceID }
        return (first ?? second).flatMap { records[$0]?.name }
    }

    package func identifier(of name: ServiceName) -> UInt32? { identifiers[name] }

    /// The names of all services by the numbers that connections carry.
    package var names: [UInt32: ServiceName] { records.mapValues(\.name) }

    private func service(_ id: UInt32, _ record: ServiceRecord, backends: [Backend]) -> Service {
        record.service(
            frontends: Array(Set(v4.frontends(of: id) + v6.frontends(of: id))), backends: backends,
            sourceRanges: Array(v4.sourceRanges[id].union(v6.sourceRanges[id])))
    }

    /// Whether traffic meets the service as it is recorded; not so after a writer was killed.
    func isProgrammed(_ service: Service) -> Bool {
        guard let id = identifiers[service.name], let record = records[id] else { return false }
        return v4.agree(with: service, id: id, run: record.runs[0], enabled: families)
            && v6.agree(with: service, id: id, run: record.runs[1], enabled: families)
    }
}
