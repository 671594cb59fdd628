// SPDX-License-Identifier: Apache-2.0

/// One service port: how clients reach it, who serves it, and how connections are spread.
///
/// A dual-stack service is served per family: IPv4 frontends use the IPv4 backends, IPv6 frontends the IPv6 ones.
/// Frontends of several transports share the backends.
package struct Service: Hashable, Sendable {
    package var name: ServiceName
    package var frontends: [Frontend]
    package var backends: [Backend]
    /// How long a client keeps its backend after its last new connection; nil without session affinity.
    package var affinity: Duration?
    package var externalPolicy: TrafficPolicy
    package var internalPolicy: TrafficPolicy
    /// Clients allowed to use the external frontends; empty allows all.
    package var sourceRanges: [Prefix]
    package var algorithm: BalancingAlgorithm

    package init(
        name: ServiceName, frontends: [Frontend] = [], backends: [Backend] = [], affinity: Duration? = nil,
        externalPolicy: TrafficPolicy = .cluster, internalPolicy: TrafficPolicy = .cluster,
        sourceRanges: [Prefix] = [], algorithm: BalancingAlgorithm = .random
    ) {
        self.name = name
        self.frontends = frontends
        self.backends = backends
        self.affinity = affinity
        self.externalPolicy = externalPolicy
        self.internalPolicy = internalPolicy
        self.sourceRanges = sourceRanges
        self.algorithm = algorithm
    }

    /// The families to program: those of the virtual addresses, and for node ports those of the backends.
    ///
    /// A node port that has neither refuses its clients, which it can in both families.
    package var families: Set<AddressFamily> {
        var families = Set(frontends.compactMap(\.family))
        guard frontends.contains(where: { $0.family == nil }) else { return families }
        families.formUnion(backends.map(\.family))
        return families.isEmpty ? Set(AddressFamily.allCases) : families
    }

    /// Whether a client can be given a backend at all, in any family.
    package var isServed: Bool { backends.contains { $0.state == .active } }

    package func backends(in family: AddressFamily) -> [Backend] {
        backends.filter { $0.family == family }
    }

    /// The same service with the open question of each backend's place answered.
    ///
    /// - Parameter isLocal: asked only about backends whose place is not given.
    package func resolvingPlaces(_ isLocal: (IPAddress) -> Bool) -> Service {
        var copy = self
        copy.backends = backends.map { backend in
            var backend = backend
            backend.isLocal = backend.isLocal ?? isLocal(backend.endpoint.address)
            return backend
        }
        return copy
    }

    /// Whether clients of a frontend have to be in ``sourceRanges``.
    ///
    /// kube-proxy's rule where there is a load balancer: its addresses alone, not the node ports that it may use itself.
    package func hasSourceRanges(for frontend: Frontend) -> Bool {
        guard !sourceRanges.isEmpty, frontend.isExternal else { return false }
        return frontend.kind == .loadBalancer || !frontends.contains { $0.kind == .loadBalancer }
    }

    /// The form that two services with the same effect share: lists sorted, weights reduced to lowest terms.
    ///
    /// A draining backend has no slot, so its weight becomes 1.
    package func canonical() -> Service {
        var copy = self
        copy.frontends.sort()
        copy.sourceRanges = Set(sourceRanges).sorted()
        copy.backends = AddressFamily.allCases.flatMap { family in reducingWeights(backends(in: family)).sorted() }
        return copy
    }
}

/// Divides the weights of the active backends by their greatest common divisor.
func reducingWeights(_ backends: [Backend]) -> [Backend] {
    let divisor = backends.lazy.filter { $0.state == .active }.reduce(0) { commonDivisor($0, $1.weight) }
    return backends.map { backend in
        var backend = backend
        backend.weight = backend.state == .active ? backend.weight / max(divisor, 1) : 1
        return backend
    }
}

/// The greatest common divisor; a weight below 1, which validation refuses, divides nothing.
private func commonDivisor(_ first: Int, _ second: Int) -> Int {
    guard second > 0 else { return 1 }
    var (larger, smaller) = (first, second)
    while smaller != 0 { (larger, smaller) = (smaller, larger % smaller) }
    return larger
}
