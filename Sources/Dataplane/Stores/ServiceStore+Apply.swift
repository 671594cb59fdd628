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
    /// - Throws: ``DataplaneError``: `familyNotEnabled`, `nodePortOutOfRange`; `frontendTaken` when two services would
    /// claim one frontend.
    package func difference(to desired: [Service], pruning: Bool) throws(DataplaneError) -> ServiceDiff {
        for service in desired { try requireFamilies(of: service) }
        let current = try pruning || desired.count > 16 ? services() : services(named: desired.map(\.name))
        let damaged = current.filter { !isProgrammed($0) }.map(\.name)
        let diff = ServiceDiff(current: current, desired: desired, pruning: pruning, damaged: Set(damaged))
        try requireRange(of: diff)
        let replaced = Set(current.map(\.name))
        for wanted in desired {
            for frontend in wanted.frontends {
                guard let owner = owner(of: frontend) else { continue }
                if owner != wanted.name, !replaced.contains(owner) { throw .frontendTaken(frontend, by: owner) }
            }
        }
        if let conflict = diff.conflicts.first {
            throw .frontendTaken(conflict.frontend, by: conflict.services.first)
        }
        return diff
    }

    private func services(named names: [ServiceName]) throws(DataplaneError) -> [Service] {
        var known: [Service] = []
        for name in names {
            if let service = try service(named: name) { known.append(service) }
        }
        return known
    }

    /// Nothing may be asked of a family that is off: its programs are not attached.
    private func requireFamilies(of service: Service) throws(DataplaneError) {
        for frontend in service.frontends {
            let needed = frontend.family.map { [$0] } ?? service.backends.map(\.family)
            for family in needed where !families.contains(family) { throw .familyNotEnabled(frontend, family) }
        }
    }

    /// A node port that a service has already stays its own, though the range may have changed since.
    private func requireRange(of diff: ServiceDiff) throws(DataplaneError) {
        for entry in diff.entries {
            let known = Set(entry.current?.frontends ?? [])
            for frontend in entry.desired?.frontends ?? [] where !known.contains(frontend) {
                guard let node = frontend.nodePort, !nodePorts.contains(node.port) else { continue }
                throw .nodePortOutOfRange(node, nodePorts)
            }
        }
    }

    /// The ports that a service may have on the node's own addresses.
    private var nodePorts: PortRange { PortRange(options.nodePortRange) }

    /// Writes a difference so that traffic never meets half a service: fresh slots and ranges first, then the frontends
    /// flip, then what nothing refers to any more goes.
    ///
    /// - Returns: the backends that no longer belong to a service they belonged to, by the services' numbers.
    @discardableResult
    package mutating func apply(_ diff: ServiceDiff) throws(DataplaneError) -> [UInt32: [Endpoint]] {
        let lost = lostBackends(by: diff)
        let deleted = diff.entries.filter { $0.action == .deleted }.map(\.name)
        var head = try meta.read()
        let plan = try plan(diff, &head.next_service_id)
        try requireRoom(for: plan)
        head.next_slot = (UInt32(v4.allocator.next), UInt32(v6.allocator.next))
        try meta.write(head)
        try v4.prepare(plan.v4)
        try v6.prepare(plan.v6)
        try write(plan.records)
        try v4.write(plan.v4.frontends)
        try v6.write(plan.v6.frontends)
        try v4.cleanUp(after: plan.v4)
        try v6.cleanUp(after: plan.v6)
        try delete(deleted)
        return lost
    }

    private func lostBackends(by diff: ServiceDiff) -> [UInt32: [Endpoint]] {
        var lost: [UInt32: [Endpoint]] = [:]
        for entry in diff.entries {
            guard let id = identifiers[entry.name] else { continue }
            let backends = entry.action == .deleted ? entry.current?.backends ?? [] : entry.changes.removedBackends
            if !backends.isEmpty { lost[id] = backends.map(\.endpoint) }
        }
        return lost
    }

    private mutating func plan(_ diff: ServiceDiff, _ nextID: inout UInt32) throws(DataplaneError) -> ServicePlan {
        var plan = ServicePlan()
        for entry in diff.entries where entry.action == .created || entry.action == .configured {
            guard let desired = entry.desired else { continue }
            let id = identifiers[desired.name] ?? nextID
            if id == nextID { nextID &+= 1 }
            try plan.add(
                desired, id: id, record: records[id], changes: entry.changes, enabled: families, v4: &v4, v6: &v6)
        }
        return plan
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
        try v4.sourceRanges.remove(v4.sourceRanges.ranges(of: ids))
        try v6.sourceRanges.remove(v6.sourceRanges.ranges(of: ids))
        try kernel { () throws(KernelError) in _ = try nameMap.deleteBatch(ids) }
        for id in ids {
            guard let record = records.removeValue(forKey: id) else { continue }
            identifiers[record.name] = nil
            v4.free(record.runs[0].slots)
            v6.free(record.runs[1].slots)
        }
    }

    /// A map that is too small is found before anything is written.
    private func requireRoom(for plan: ServicePlan) throws(DataplaneError) {
        let fresh = plan.records.keys.filter { records[$0] == nil }.count
        let nameRoom = Int(nameMap.info.maxEntries) - records.count
        guard fresh <= nameRoom else {
            throw .mapFull(map: "\(MapName.serviceNames)", needed: fresh, free: nameRoom)
        }
        try v4.requireRoom(for: plan.v4)
        try v6.requireRoom(for: plan.v6)
    }
}
