// SPDX-License-Identifier: Apache-2.0

/// One reason why a service cannot be programmed.
package enum ServiceProblem: ModelError {
    /// Why an address can be neither a frontend's nor a backend's.
    package enum AddressKind: String, Hashable, Sendable {
        case unspecified
        case loopback
        case multicast
        case broadcast
        case linkLocal
        case v4Mapped
    }

    case noFrontends
    case noBackends
    case frontendWithoutBackends(FrontendAddress)
    case backendWithoutFrontend(Endpoint)
    case repeatedFrontend(Frontend)
    case repeatedBackend(Endpoint)
    case frontendAddress(FrontendAddress, AddressKind)
    case backendAddress(Endpoint, AddressKind)
    /// A backend that is one of the service's own frontends: its packets would come back for ever.
    case backendIsFrontend(Endpoint)
    case weight(Endpoint, Int)
    case tooManySlots(AddressFamily, count: Int)
    case affinity(Duration)
}

/// A service with everything that is wrong with it; never without a problem.
package struct InvalidService: ModelError {
    package let name: ServiceName
    package let problems: [ServiceProblem]
}

extension Service {
    /// Whether a frontend may stand without a backend to serve it.
    package enum BackendRequirement: Sendable {
        /// An operator's service: each virtual address has a backend of its family.
        case required
        /// A cluster's service: its backends come and go, clients get a refusal meanwhile.
        case optional
    }

    /// Kubernetes limits `timeoutSeconds` to a day.
    package static let affinityLimit = Duration.seconds(86_400)

    /// Everything that keeps the service from being programmed, in a stable order.
    package func problems(backends requirement: BackendRequirement = .required) -> [ServiceProblem] {
        var problems = frontendProblems() + backendProblems() + familyProblems(requirement)
        for family in AddressFamily.allCases {
            let count = SlotPlan.slotCount(backends(in: family), algorithm)
            if count > SlotPlan.maximumSlots { problems.append(.tooManySlots(family, count: count)) }
        }
        if let affinity, affinity.components.attoseconds != 0 || affinity <= .zero || affinity > Self.affinityLimit {
            problems.append(.affinity(affinity))
        }
        return problems
    }

    /// - Throws: ``InvalidService`` with all problems at once.
    package func validate(backends requirement: BackendRequirement = .required) throws(InvalidService) {
        let problems = problems(backends: requirement)
        guard problems.isEmpty else { throw InvalidService(name: name, problems: problems) }
    }

    private func frontendProblems() -> [ServiceProblem] {
        guard !frontends.isEmpty else { return [.noFrontends] }
        var problems: [ServiceProblem] = []
        var seen: Set<Frontend.Claim> = []
        for frontend in frontends {
            if !seen.insert(frontend.claim).inserted { problems.append(.repeatedFrontend(frontend)) }
            guard let address = frontend.address, let kind = address.endpoint.address.unusableKind else { continue }
            // 169.254.20.10 and the like are customary virtual addresses (node-local DNS).
            if kind != .linkLocal || address.family == .v6 { problems.append(.frontendAddress(address, kind)) }
        }
        return problems
    }

    private func backendProblems() -> [ServiceProblem] {
        var problems: [ServiceProblem] = []
        var seen: Set<Endpoint> = []
        let addresses = Set(frontends.compactMap { $0.address?.endpoint })
        for backend in backends {
            if !seen.insert(backend.endpoint).inserted { problems.append(.repeatedBackend(backend.endpoint)) }
            if addresses.contains(backend.endpoint) { problems.append(.backendIsFrontend(backend.endpoint)) }
            if !Backend.weights.contains(backend.weight) { problems.append(.weight(backend.endpoint, backend.weight)) }
            guard let kind = backend.endpoint.address.unusableKind else { continue }
            problems.append(.backendAddress(backend.endpoint, kind))
        }
        return problems
    }

    private func familyProblems(_ requirement: BackendRequirement) -> [ServiceProblem] {
        guard !frontends.isEmpty else { return [] }
        let served = Set(backends.map(\.family))
        var problems: [ServiceProblem] = []
        if requirement == .required {
            let lacking = frontends.compactMap(\.address).filter { !served.contains($0.family) }
            problems = backends.isEmpty ? [.noBackends] : lacking.map { .frontendWithoutBackends($0) }
        }
        let families = families
        problems += backends.filter { !families.contains($0.family) }.map { .backendWithoutFrontend($0.endpoint) }
        return problems
    }
}

extension IPAddress {
    /// Why Kubernetes would refuse the address as an endpoint; nil when it would not.
    var unusableKind: ServiceProblem.AddressKind? {
        if isUnspecified { return .unspecified }
        if isLoopback { return .loopback }
        if isMulticast { return .multicast }
        if isBroadcast { return .broadcast }
        if isLinkLocal { return .linkLocal }
        return isV4Mapped ? .v4Mapped : nil
    }
}
