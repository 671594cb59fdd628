// SPDX-License-Identifier: Apache-2.0

extension SlotPlan {
    /// Plans one family of a service.
    ///
    /// - Parameter backends: of any family and order; one whose place is not known counts as remote.
    package init(backends: [Backend], family: AddressFamily, algorithm: BalancingAlgorithm) {
        let all = backends.filter { $0.family == family }
        let active = reducingWeights(all.filter { $0.state == .active }).sorted()
        let localCount = active.prefix { $0.isLocal == true }.count
        self.backends = active
        switch algorithm {
        case .random:
            slots = active.indices.flatMap { repeatElement($0, count: max(active[$0].weight, 1)) }
            clusterRange = 0..<slots.count
            localRange = 0..<active[..<localCount].reduce(0) { $0 + max($1.weight, 1) }
        case .maglev:
            let draining = all.filter { $0.state == .draining }
            let localDraining = draining.filter { $0.isLocal == true }.count
            let whole = MaglevTable(
                active, size: MaglevTable.size(forBackends: active.count + draining.count))
            let local = MaglevTable(
                Array(active[..<localCount]), size: MaglevTable.size(forBackends: localCount + localDraining))
            slots = whole.slots + local.slots
            clusterRange = 0..<whole.slots.count
            localRange = whole.slots.count..<slots.count
        }
    }

    /// What ``maximumSlots`` limits: the slots under `random`, the backends under `maglev`.
    static func slotCount(_ backends: [Backend], _ algorithm: BalancingAlgorithm) -> Int {
        let active = reducingWeights(backends.filter { $0.state == .active })
        return algorithm == .maglev ? active.count : active.reduce(0) { $0 + min(max($1.weight, 1), 100) }
    }
}
