// SPDX-License-Identifier: Apache-2.0

extension ServiceDiff {
    /// Compares by name; neither order nor a common factor of the weights makes a difference.
    ///
    /// - Parameter current: what is programmed, one per name.
    /// - Parameter desired: what shall be; of several with one name the last counts.
    /// - Parameter pruning: whether services that are not desired are deleted rather than left alone.
    /// - Parameter damaged: services that are not programmed as they are recorded; they are configured in any case.
    package init(current: [Service], desired: [Service], pruning: Bool, damaged: Set<ServiceName> = []) {
        let present = Dictionary(current.map { ($0.name, $0) }) { $1 }
        let wanted = Dictionary(desired.map { ($0.name, $0) }) { $1 }
        let names = Set(pruning ? present.keys.map(\.self) : []).union(wanted.keys).sorted()
        entries = names.map { name in
            Entry(name: name, current: present[name], desired: wanted[name], isDamaged: damaged.contains(name))
        }
        let kept = pruning ? [:] : present.filter { wanted[$0.key] == nil }
        conflicts = FrontendConflict.among(Array(wanted.values) + Array(kept.values))
    }
}

extension ServiceDiff.Entry {
    init(name: ServiceName, current: Service?, desired: Service?, isDamaged: Bool) {
        self.name = name
        self.current = current
        self.desired = desired
        changes =
            current.flatMap { current in desired.map { ServiceChanges(from: current, to: $0) } } ?? ServiceChanges()
        action =
            if current == nil { .created } else if desired == nil { .deleted } else {
                changes.isEmpty && !isDamaged ? .unchanged : .configured
            }
    }
}

extension ServiceChanges {
    /// Compares two versions of one service; an open question of a backend's place is no difference.
    package init(from current: Service, to desired: Service) {
        let (old, new) = (current.canonical(), desired.canonical())
        let (oldFrontends, newFrontends) = (Set(old.frontends), Set(new.frontends))
        addedFrontends = newFrontends.subtracting(oldFrontends).sorted()
        removedFrontends = oldFrontends.subtracting(newFrontends).sorted()
        let oldBackends = Dictionary(old.backends.map { ($0.endpoint, $0) }) { $1 }
        let newBackends = Dictionary(new.backends.map { ($0.endpoint, $0) }) { $1 }
        addedBackends = newBackends.values.filter { oldBackends[$0.endpoint] == nil }.sorted()
        removedBackends = oldBackends.values.filter { newBackends[$0.endpoint] == nil }.sorted()
        modifiedBackends = newBackends.values.filter { $0.differs(from: oldBackends[$0.endpoint]) }.sorted()
        settings = Setting.allCases.filter { $0.differs(old, new) }
    }
}

extension ServiceChanges.Setting {
    fileprivate func differs(_ old: Service, _ new: Service) -> Bool {
        switch self {
        case .affinity: old.affinity != new.affinity
        case .externalPolicy: old.externalPolicy != new.externalPolicy
        case .internalPolicy: old.internalPolicy != new.internalPolicy
        case .sourceRanges: old.sourceRanges != new.sourceRanges
        case .algorithm: old.algorithm != new.algorithm
        }
    }
}

extension Backend {
    fileprivate func differs(from old: Backend?) -> Bool {
        guard let old else { return false }
        let hasMoved = isLocal != nil && old.isLocal != nil && isLocal != old.isLocal
        return hasMoved || weight != old.weight || state != old.state
    }
}

extension FrontendConflict {
    /// The frontends that more than one of the services claims, sorted.
    package static func among(_ services: [Service]) -> [FrontendConflict] {
        var claimants: [Frontend.Claim: (frontend: Frontend, names: Set<ServiceName>)] = [:]
        for service in services {
            for frontend in service.frontends {
                let known = claimants[frontend.claim]
                let representative = min(known?.frontend ?? frontend, frontend)
                claimants[frontend.claim] = (representative, (known?.names ?? []).union([service.name]))
            }
        }
        return claimants.values.filter { $0.names.count > 1 }.sorted { $0.frontend < $1.frontend }
            .map { FrontendConflict(frontend: $0.frontend, services: $0.names.sorted()) }
    }
}
