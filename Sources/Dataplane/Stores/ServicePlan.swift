// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI
internal import DataplaneModel

/// All writes that a set of changed services needs, gathered before the first one is made.
struct ServicePlan {
    /// The writes to the maps of one family.
    struct Writes<ABI: FamilyABI> {
        var indices: [UInt32] = []
        var slots: [ABI.Slot] = []
        var frontends: [(address: FrontendAddress, entry: FrontendEntry)] = []
        /// What a service no longer has; another one may have taken it over.
        var gone: [FrontendAddress] = []
        /// Runs that nothing points to once the frontends have flipped.
        var freed: [Range<Int>] = []
        /// Source ranges to be there before a frontend asks for them.
        var admitted: [SourceRange] = []
        /// Source ranges to go once no frontend asks for them any more.
        var excluded: [SourceRange] = []

        /// What no service has any more.
        var abandoned: [FrontendAddress] {
            let taken = Set(frontends.map(\.address))
            return gone.filter { !taken.contains($0) }
        }
    }

    var v4 = Writes<IPv4ABI>()
    var v6 = Writes<IPv6ABI>()
    var records: [UInt32: ServiceRecord] = [:]

    mutating func add(
        _ service: Service, id: UInt32, record: ServiceRecord?, changes: ServiceChanges, enabled: Set<AddressFamily>,
        v4 services4: inout FamilyServices<IPv4ABI>, v6 services6: inout FamilyServices<IPv6ABI>
    ) throws(DataplaneError) {
        let old = record ?? ServiceRecord(name: service.name)
        let first = try v4.add(service, id, run: old.runs[0], changes, enabled, to: &services4)
        let second = try v6.add(service, id, run: old.runs[1], changes, enabled, to: &services6)
        records[id] = ServiceRecord(
            name: service.name, runs: [first, second], settings: ServiceRecord.Settings(service))
    }
}

extension ServicePlan.Writes
where
    ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable, ABI.Slot: BitwiseCopyable,
    ABI.SourceRangeKey: BitwiseCopyable
{
    /// - Returns: the run that the service owns from now on: a fresh one if its backends changed, else its old one.
    mutating func add(
        _ service: Service, _ id: UInt32, run old: ServiceRecord.Run, _ changes: ServiceChanges,
        _ enabled: Set<AddressFamily>, to services: inout FamilyServices<ABI>
    ) throws(DataplaneError) -> ServiceRecord.Run {
        let plan = SlotPlan(backends: service.backends, family: ABI.family, algorithm: service.algorithm)
        let run = try layOut(service, plan, over: old, changes, in: &services)
        let wanted = service.entries(in: ABI.family, of: enabled)
        let settings = ServiceRecord.Settings(service)
        for (frontend, address) in wanted {
            let entry = FrontendEntry(
                serviceID: id, slots: run.first..<run.first + plan.clusterRange.count,
                localCount: plan.localRange.count, affinitySeconds: settings.affinitySeconds,
                flags: service.abiFlags(of: frontend))
            frontends.append((address, entry))
        }
        gone += (services.addresses[id] ?? []).subtracting(wanted.map(\.1))
        let ranges = Set(service.sourceRanges.filter { $0.family == ABI.family })
        let known = services.sourceRanges[id]
        admitted += ranges.subtracting(known).map { SourceRange(serviceID: id, prefix: $0) }
        excluded += known.subtracting(ranges).map { SourceRange(serviceID: id, prefix: $0) }
        return run
    }

    private mutating func layOut(
        _ service: Service, _ plan: SlotPlan, over old: ServiceRecord.Run, _ changes: ServiceChanges,
        in services: inout FamilyServices<ABI>
    ) throws(DataplaneError) -> ServiceRecord.Run {
        let listed = service.backends(in: ABI.family).sorted()
        guard old.table != plan.slots.count || old.listed != listed.count || changes.movesBackends(in: ABI.family)
        else { return old }
        let table = plan.slots.compactMap { ABI.Slot(plan.backends[$0], listed: false) }
        let fresh = table + listed.compactMap { ABI.Slot($0, listed: true) }
        let place = try services.allocate(fresh.count)
        indices += place.map { UInt32($0) }
        slots += fresh
        freed.append(old.slots)
        return ServiceRecord.Run(first: place.lowerBound, table: table.count, listed: listed.count)
    }
}

extension ServiceChanges {
    /// Whether the slots of a family have to be laid out anew.
    fileprivate func movesBackends(in family: AddressFamily) -> Bool {
        settings.contains(.algorithm)
            || (addedBackends + removedBackends + modifiedBackends).contains { $0.family == family }
    }
}
