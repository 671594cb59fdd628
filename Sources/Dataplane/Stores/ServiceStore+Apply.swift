// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel

extension ServiceStore {
    /// What making the services so would change, all checks done and nothing written.
    ///
    /// - Parameters:
    ///   - desired: with the place of every backend known.
    ///   - pruning: whether services that are not in `desired` go.
    /// - Throws: ``DataplaneError/frontendTaken(_:by:)`` when two services would claim one frontend.
    package func difference(to desired: [Service], pruning: Bool) throws(DataplaneError) -> ServiceDiff {
        let families = EnableOptions(words: try meta.record().configuration).families
        for address in desired.flatMap(\.frontends).compactMap(\.address) where !families.contains(address.family) {
            throw .familyNotEnabled(address)
        }
        let current: [Service]
        if pruning || desired.count > 16 {
            current = try services()
        } else {
            var known: [Service] = []
            for wanted in desired {
                if let service = try service(named: wanted.name) { known.append(service) }
            }
            current = known
        }
        let diff = ServiceDiff(current: current, desired: desired, pruning: pruning)
        let replaced = Set(current.map(\.name))
        for wanted in desired {
            for frontend in wanted.frontends {
                guard let address = frontend.address, let owner = owner(of: address) else { continue }
                if owner != wanted.name, !replaced.contains(owner) { throw .frontendTaken(address, by: owner) }
            }
        }
        if let conflict = diff.conflicts.first, let address = conflict.frontend.address {
            throw .frontendTaken(address, by: conflict.services.first)
        }
        return diff
    }

    /// Writes a difference so that traffic never meets half a service: fresh slots first, then the frontends flip.
    ///
    /// - Returns: the backends that no longer belong to a service they belonged to.
    @discardableResult
    package mutating func apply(_ diff: ServiceDiff) throws(DataplaneError) -> [Endpoint] {
        let changed = diff.entries.filter { $0.action == .created || $0.action == .configured }
        let deleted = diff.entries.filter { $0.action == .deleted }.map(\.name)
        var head = try meta.read()
        var plan = ServicePlan()
        for entry in changed {
            guard let desired = entry.desired else { continue }
            let id = identifiers[desired.name] ?? head.next_service_id
            if id == head.next_service_id { head.next_service_id &+= 1 }
            try plan.add(desired, id: id, record: records[id], changes: entry.changes, v4: &v4, v6: &v6)
        }
        try requireRoom(for: plan, deleting: deleted)
        head.next_slot = (UInt32(v4.allocator.next), UInt32(v6.allocator.next))
        try meta.write(head)
        try v4.write(plan.v4.slots, at: plan.v4.indices)
        try v6.write(plan.v6.slots, at: plan.v6.indices)
        try write(plan.records)
        try v4.write(plan.v4.frontends)
        try v6.write(plan.v6.frontends)
        try v4.delete(plan.v4.abandoned)
        try v6.delete(plan.v6.abandoned)
        for run in plan.v4.freed { v4.free(run) }
        for run in plan.v6.freed { v6.free(run) }
        try delete(deleted)
        return diff.entries.flatMap { entry in
            entry.action == .deleted
                ? entry.current?.backends.map(\.endpoint) ?? []
                : entry.changes.removedBackends.map(\.endpoint)
        }
    }

    private mutating func write(_ fresh: [UInt32: ServiceRecord]) throws(DataplaneError) {
        let changed = fresh.filter { records[$0.key] != $0.value }
        let keys = Array(changed.keys)
        try kernel { () throws(KernelError) in
            try nameMap.updateBatch(keys, keys.compactMap { changed[$0]?.abi })
        }
        for (id, record) in changed {
            records[id] = record
            identifiers[record.name] = id
        }
    }

    /// Removes services: their frontends first, so that no packet finds a frontend whose name is gone.
    private mutating func delete(_ names: [ServiceName]) throws(DataplaneError) {
        let ids = names.compactMap { identifiers[$0] }
        try v4.delete(ids.flatMap { v4.addresses[$0] ?? [] })
        try v6.delete(ids.flatMap { v6.addresses[$0] ?? [] })
        try kernel { () throws(KernelError) in _ = try nameMap.deleteBatch(ids) }
        for id in ids {
            guard let record = records.removeValue(forKey: id) else { continue }
            identifiers[record.name] = nil
            v4.free(record.runs[0].slots)
            v6.free(record.runs[1].slots)
        }
    }

    /// A map that is too small is found before anything is written.
    private func requireRoom(for plan: ServicePlan, deleting: [ServiceName]) throws(DataplaneError) {
        let fresh = plan.records.keys.filter { records[$0] == nil }.count
        let nameRoom = Int(nameMap.info.maxEntries) - records.count
        guard fresh <= nameRoom else {
            throw .mapFull(map: "\(MapName.serviceNames)", needed: fresh, free: nameRoom)
        }
        let fresh4 = plan.v4.frontends.filter { v4.entries[$0.address] == nil }.count
        let room4 = v4.frontendCapacity - v4.entries.count
        guard fresh4 <= room4 else { throw .mapFull(map: "\(MapName.frontends(.v4))", needed: fresh4, free: room4) }
        let fresh6 = plan.v6.frontends.filter { v6.entries[$0.address] == nil }.count
        let room6 = v6.frontendCapacity - v6.entries.count
        guard fresh6 <= room6 else { throw .mapFull(map: "\(MapName.frontends(.v6))", needed: fresh6, free: room6) }
    }
}
