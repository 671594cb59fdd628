// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel

/// The services in the maps, as a whole: read once when opened, kept in step with what is written.
///
/// A writer holds the dataplane's lock for as long as it keeps a store.
package struct ServiceStore: ~Copyable {
    let meta: MetaStore
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
        let records = try Self.read(nameMap)
        let nextSlot = try meta.read().next_slot
        let first = try FamilyServices<IPv4ABI>(
            in: directory, nextSlot: nextSlot.0, runs: records.values.map { $0.runs[0].slots })
        let second = try FamilyServices<IPv6ABI>(
            in: directory, nextSlot: nextSlot.1, runs: records.values.map { $0.runs[1].slots })
        self.records = records
        for (id, record) in records { identifiers[record.name] = id }
        self.meta = meta
        self.nameMap = nameMap
        v4 = first
        v6 = second
    }

    private static func read(
        _ map: borrowing Map<UInt32, service_name>
    ) throws(DataplaneError) -> [UInt32: ServiceRecord] {
        var records: [UInt32: ServiceRecord] = [:]
        do throws(KernelError) {
            try map.forEach { id, value in records[id] = ServiceRecord(abi: value) }
        } catch {
            throw .kernel(error)
        }
        return records
    }

    /// All services, sorted by name.
    package func services() throws(DataplaneError) -> [Service] {
        let end = records.values.reduce(into: [0, 0]) { end, record in
            for family in 0...1 { end[family] = max(end[family], record.runs[family].slots.upperBound) }
        }
        let slots4 = try v4.readAllSlots(upTo: end[0])
        let slots6 = try v6.readAllSlots(upTo: end[1])
        return records.map { id, record in
            let listed4 = slots4[record.runs[0].listing].map(\.backend)
            return service(id, record, backends: listed4 + slots6[record.runs[1].listing].map(\.backend))
        }.sorted { $0.name < $1.name }
    }

    /// - Returns: nil for a name that no service has.
    package func service(named name: ServiceName) throws(DataplaneError) -> Service? {
        guard let id = identifiers[name], let record = records[id] else { return nil }
        let listed4 = try v4.readSlots(record.runs[0].listing).map(\.backend)
        let listed6 = try v6.readSlots(record.runs[1].listing).map(\.backend)
        return service(id, record, backends: listed4 + listed6)
    }

    /// The service whose frontend this is.
    package func owner(of address: FrontendAddress) -> ServiceName? {
        let id = address.family == .v4 ? v4.entries[address]?.serviceID : v6.entries[address]?.serviceID
        return id.flatMap { records[$0]?.name }
    }

    package func identifier(of name: ServiceName) -> UInt32? { identifiers[name] }

    /// The names of all services by the numbers that connections carry.
    package var names: [UInt32: ServiceName] { records.mapValues(\.name) }

    private func service(_ id: UInt32, _ record: ServiceRecord, backends: [Backend]) -> Service {
        let frontends4 = (v4.addresses[id] ?? []).compactMap { address in v4.entries[address].map { (address, $0) } }
        let frontends6 = (v6.addresses[id] ?? []).compactMap { address in v6.entries[address].map { (address, $0) } }
        let frontends = frontends4 + frontends6
        return Service(
            name: record.name, frontends: frontends.map { Frontend.clusterIP($0.0) }.sorted(),
            backends: backends.sorted())
    }
}
