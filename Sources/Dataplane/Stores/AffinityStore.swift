// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel
internal import LinuxSystem

/// The affinity tables of both families: which clients keep which backends.
package struct AffinityStore: ~Copyable {
    private let v4: FamilyAffinity<IPv4ABI>
    private let v6: FamilyAffinity<IPv6ABI>
    private let services: [UInt32: ServiceRecord]

    init(in directory: PinDirectory) throws(DataplaneError) {
        let first = try FamilyAffinity<IPv4ABI>(in: directory)
        let second = try FamilyAffinity<IPv6ABI>(in: directory)
        services = try ServiceRecord.all(in: directory)
        v4 = first
        v6 = second
    }

    /// All entries, those that have expired included, sorted by service and client.
    ///
    /// - Parameter service: only this one's; without a port in the name, those of all its ports.
    /// - Throws: ``DataplaneError/unknownService(_:)``.
    package func entries(of service: ServiceName? = nil) throws(DataplaneError) -> [AffinityEntry] {
        let known = services.values.contains { service?.covers($0.name) ?? true }
        if let service, !known { throw .unknownService(service) }
        let now = MonotonicClock.nanoseconds
        let all = try v4.entries(services, now: now) + v6.entries(services, now: now)
        guard let service else { return all.sorted() }
        return all.filter { $0.service.map(service.covers) ?? false }.sorted()
    }

    /// Lets the clients go: the next connection of each may be given another backend.
    package func delete(_ entries: [AffinityEntry]) throws(DataplaneError) {
        try v4.delete(entries)
        try v6.delete(entries)
    }
}

private struct FamilyAffinity<ABI: FamilyABI>: ~Copyable
where ABI.AffinityKey: BitwiseCopyable, ABI.Affinity: BitwiseCopyable {
    private let map: Map<ABI.AffinityKey, ABI.Affinity>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.affinity(ABI.family))) }
    }

    /// - Parameter now: CLOCK_MONOTONIC nanoseconds.
    func entries(
        _ services: [UInt32: ServiceRecord], now: UInt64
    ) throws(DataplaneError) -> [AffinityEntry] {
        var entries: [AffinityEntry] = []
        do throws(KernelError) {
            try map.forEach { key, value in
                let record = services[key.service_id]
                let age = Duration.nanoseconds(now > value.last_used ? now - value.last_used : 0)
                let limit = Duration.seconds(Int64(record?.settings.affinitySeconds ?? 0))
                entries.append(
                    AffinityEntry(
                        client: key.model, family: ABI.family, serviceID: key.service_id, service: record?.name,
                        backend: Endpoint(address: value.addr.model, port: UInt16(bigEndian: value.port)), age: age,
                        remaining: max(limit - age, .zero)))
            }
        } catch {
            throw .kernel(error)
        }
        return entries
    }

    func delete(_ entries: [AffinityEntry]) throws(DataplaneError) {
        let keys = entries.filter { $0.family == ABI.family }.compactMap { ABI.AffinityKey($0) }
        guard !keys.isEmpty else { return }
        try kernel { () throws(KernelError) in _ = try map.deleteBatch(keys) }
    }
}

extension AffinityKeyABI where Address: AddressABI {
    /// Nil for a client of the other family.
    init?(_ entry: AffinityEntry) {
        self.init()
        service_id = entry.serviceID
        switch entry.client {
        case .address(let address):
            guard let address = Address(address) else { return nil }
            client = address
            kind = AFFINITY_ADDRESS.rawValue
        case .namespace(let cookie):
            client.number = cookie
            kind = AFFINITY_NETNS.rawValue
        }
    }

    fileprivate var model: AffinityEntry.Client {
        kind == AFFINITY_NETNS.rawValue ? .namespace(cookie: client.number) : .address(client.model)
    }
}
