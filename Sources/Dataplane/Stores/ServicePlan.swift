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
        _ service: Service, id: UInt32, record: ServiceRecord?, changes: ServiceChanges,
        v4 services4: inout FamilyServices<IPv4ABI>, v6 services6: inout FamilyServices<IPv6ABI>
    ) throws(DataplaneError) {
        let old = record ?? ServiceRecord(name: service.name)
        let first = try v4.add(service, id: id, run: old.runs[0], changes: changes, to: &services4)
        let second = try v6.add(service, id: id, run: old.runs[1], changes: changes, to: &services6)
        records[id] = ServiceRecord(name: service.name, runs: [first, second])
    }
}

extension ServicePlan.Writes
where ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable, ABI.Slot: BitwiseCopyable {
    /// - Returns: the run that the service owns from now on: a fresh one if its backends changed, else its old one.
    mutating func add(
        _ service: Service, id: UInt32, run old: ServiceRecord.Run, changes: ServiceChanges,
        to services: inout FamilyServices<ABI>
    ) throws(DataplaneError) -> ServiceRecord.Run {
        let family = ABI.family
        let plan = SlotPlan(backends: service.backends, family: family, algorithm: service.algorithm)
        let listed = service.backends(in: family).sorted()
        var run = old
        if old.table != plan.slots.count || old.listed != listed.count || changes.movesBackends(in: family) {
            let table = plan.slots.compactMap { ABI.Slot(plan.backends[$0], listed: false) }
            let fresh = table + listed.compactMap { ABI.Slot($0, listed: true) }
            let place = try services.allocate(fresh.count)
            run = ServiceRecord.Run(first: place.lowerBound, table: table.count, listed: listed.count)
            indices += place.map { UInt32($0) }
            slots += fresh
            freed.append(old.slots)
        }
        let wanted = service.frontends.filter { $0.family == family }
        for frontend in wanted {
            guard let address = frontend.address else { continue }
            let entry = FrontendEntry(
                serviceID: id, slots: run.first..<run.first + plan.clusterRange.count,
                localCount: plan.localRange.count, affinitySeconds: 0, flags: frontend.abiFlags)
            frontends.append((address, entry))
        }
        let kept = Set(wanted.compactMap(\.address))
        gone += (services.addresses[id] ?? []).subtracting(kept)
        return run
    }
}

extension ServiceChanges {
    /// Whether the slots of a family have to be laid out anew.
    func movesBackends(in family: AddressFamily) -> Bool {
        settings.contains(.algorithm)
            || (addedBackends + removedBackends + modifiedBackends).contains { $0.family == family }
    }
}

extension Frontend {
    /// `enum frontend_flag`.
    var abiFlags: UInt32 {
        switch kind {
        case .clusterIP: FRONTEND_CLUSTER_IP.rawValue
        case .nodePort: FRONTEND_NODE_PORT.rawValue
        case .externalIP, .loadBalancer: FRONTEND_EXTERNAL.rawValue
        }
    }
}
