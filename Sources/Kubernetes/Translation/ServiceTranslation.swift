// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// Turns service objects into what the dataplane serves, one at a time.
struct ServiceTranslation {
    private let node: NodeFacts
    private let index: EndpointIndex
    private let options: TranslationOptions
    private(set) var services: [Service] = []
    private(set) var healthChecks: [HealthCheck] = []
    private(set) var notes: [TranslationNote] = []
    /// The node that each endpoint in use names; this one where several name one address.
    private var placesOfEndpoints: [IPAddress: String] = [:]
    /// When each service was created: the elder keeps a frontend that several claim.
    private var ages: [ServiceName: String] = [:]

    init(node: NodeFacts, index: EndpointIndex, options: TranslationOptions) {
        self.node = node
        self.index = index
        self.options = options
    }

    mutating func add(_ object: ServiceObject) {
        if let reason = object.reasonToIgnore {
            notes.append(.ignored(object.name, reason))
            return
        }
        for address in object.externalIPs where !isAllowed(address) {
            notes.append(.externalIPNotAllowed(object.name, address))
        }
        var localEndpoints: Set<IPAddress> = []
        for port in object.ports {
            guard let transport = port.transport.model else {
                notes.append(.unsupportedProtocol(port.serviceName, port.transport))
                continue
            }
            let service = service(object, port, transport, &localEndpoints)
            if let service = served(service) {
                services.append(service)
                ages[service.name] = object.created
            }
        }
        if object.needsHealthCheck, let port = object.healthCheckNodePort {
            healthChecks.append(
                HealthCheck(service: object.name, port: port, localEndpoints: localEndpoints.count))
        }
    }

    private mutating func service(
        _ object: ServiceObject, _ port: ServiceObject.Port, _ transport: TransportProtocol,
        _ localEndpoints: inout Set<IPAddress>
    ) -> Service {
        let families = Set(object.clusterIPs.map(\.family))
        let frontends = frontends(object, port, transport, families)
        let external = frontends.contains(where: \.isExternal)
        let isLocalOutside = object.isExternallyLocal && external
        let need = EndpointChoice.Need(
            usesCluster: object.internalPolicy == .cluster || external,
            usesLocal: object.internalPolicy == .local || isLocalOutside)
        let candidates = index.candidates(of: object.name, port, families: families)
        var backends: [Backend] = []
        for family in AddressFamily.allCases where families.contains(family) {
            let choice = EndpointChoice(
                candidates.filter { $0.endpoint.family == family }, need: need, node: node)
            backends += choice.active.map { Backend($0, .active) } + choice.draining.map { Backend($0, .draining) }
            for candidate in choice.active + choice.draining { place(candidate) }
            if choice.sharesTerminating { notes.append(.sharedTerminating(port.serviceName)) }
        }
        localEndpoints.formUnion(
            candidates.lazy.filter { $0.isLocal && $0.member.isReady }.map(\.endpoint.address))
        return Service(
            name: port.serviceName, frontends: frontends, backends: backends, affinity: object.affinity,
            externalPolicy: object.isExternallyLocal ? .local : .cluster, internalPolicy: object.internalPolicy,
            sourceRanges: sourceRanges(object)
        ).canonical()
    }

    private mutating func place(_ candidate: Candidate) {
        guard node.isKnown, let name = candidate.member.node else { return }
        let address = candidate.endpoint.address
        let known = placesOfEndpoints[address] ?? name
        placesOfEndpoints[address] = candidate.isLocal || known == node.name ? node.name : min(known, name)
    }

    /// The nodes that the backends of the services are on, as far as their slices say.
    var nodesOfPods: [IPAddress: String] {
        let served = Set(services.lazy.flatMap(\.backends).map(\.endpoint.address))
        return placesOfEndpoints.filter { served.contains($0.key) }
    }

    /// Each address once, as what it is first in this order.
    private func frontends(
        _ object: ServiceObject, _ port: ServiceObject.Port, _ transport: TransportProtocol,
        _ families: Set<AddressFamily>
    ) -> [Frontend] {
        var seen: Set<IPAddress> = []
        func addresses(_ list: [IPAddress]) -> [FrontendAddress] {
            list.filter { families.contains($0.family) && seen.insert($0).inserted }.map {
                FrontendAddress(endpoint: Endpoint(address: $0, port: port.port), transport: transport)
            }
        }
        var frontends = addresses(object.clusterIPs).map { Frontend.clusterIP($0) }
        frontends += addresses(object.loadBalancerIPs).map { .loadBalancer($0) }
        frontends += addresses(object.externalIPs.filter(isAllowed)).map { .externalIP($0) }
        if let nodePort = port.nodePort { frontends.append(.nodePort(NodePort(port: nodePort, transport: transport))) }
        return frontends
    }

    /// kube-proxy reads the ranges per family: one that has none is open to all.
    private func sourceRanges(_ object: ServiceObject) -> [Prefix] {
        var ranges = object.sourceRanges
        guard !ranges.isEmpty else { return [] }
        for family in Set(object.clusterIPs.map(\.family)) where !ranges.contains(where: { $0.family == family }) {
            ranges.append(Prefix(around: family == .v4 ? .v4(0) : .v6(high: 0, low: 0), length: 0))
        }
        return ranges
    }

    private func isAllowed(_ address: IPAddress) -> Bool {
        options.allowedExternalIPs.contains { $0.contains(address) }
    }

    /// The service without what the dataplane would refuse; nil when no frontend is left.
    private mutating func served(_ service: Service) -> Service? {
        var service = service
        for problem in service.problems(backends: .optional) {
            switch problem {
            case .frontendAddress(let address, _): service.frontends.removeAll { $0.address == address }
            case .backendIsFrontend(let endpoint): service.frontends.removeAll { $0.address?.endpoint == endpoint }
            case .backendAddress(let endpoint, _): service.backends.removeAll { $0.endpoint == endpoint }
            case .tooManySlots(let family, _): service.limitBackends(family)
            default: break
            }
            notes.append(.refused(service.name, problem))
        }
        return service.reachable
    }

    /// Leaves each frontend to one service: to the one whose cluster address it is, else to the elder, else by name.
    mutating func settleConflicts() {
        let conflicts = FrontendConflict.among(services)
        guard !conflicts.isEmpty else { return }
        var losses: [ServiceName: Set<Frontend>] = [:]
        let claimed = Dictionary(services.map { ($0.name, $0) }) { first, _ in first }
        for conflict in conflicts {
            let ranked = conflict.services.compactMap { claimed[$0] }.sorted { isFirst($0, $1, of: conflict.frontend) }
            guard let winner = ranked.first else { continue }
            notes.append(.conflict(conflict, winner: winner.name))
            for loser in ranked.dropFirst() {
                let lost = loser.frontends.filter { $0.means(conflict.frontend) }
                losses[loser.name, default: []].formUnion(lost)
            }
        }
        services = services.compactMap { service in
            guard let lost = losses[service.name] else { return service }
            var service = service
            service.frontends.removeAll { lost.contains($0) }
            return service.reachable
        }
    }

    private func isFirst(_ one: Service, _ other: Service, of frontend: Frontend) -> Bool {
        let (first, second) = (one.owns(frontend), other.owns(frontend))
        if first != second { return first }
        // One that has never been in a cluster, and so has no age, is the youngest.
        let (age, otherAge) = (ages[one.name] ?? "", ages[other.name] ?? "")
        if age != otherAge { return !age.isEmpty && (otherAge.isEmpty || age < otherAge) }
        return one.name < other.name
    }
}

extension ServiceObject {
    /// As kube-proxy: what has no address to be reached at by, and what is another proxy's.
    fileprivate var reasonToIgnore: TranslationNote.Ignored? {
        if let proxyName { return .otherProxy(proxyName) }
        if isLabelledHeadless { return .labelledHeadless }
        if kind == .externalName { return .externalName }
        if isHeadless { return .headless }
        if clusterIPs.isEmpty { return .noClusterIP }
        return ports.isEmpty ? .noPorts : nil
    }

    /// The policy counts only for services that can be reached from outside.
    fileprivate var isExternallyLocal: Bool {
        externalPolicy == .local && (kind == .loadBalancer || kind == .nodePort || !externalIPs.isEmpty)
    }

    fileprivate var needsHealthCheck: Bool { kind == .loadBalancer && externalPolicy == .local }
}

extension PortProtocol {
    fileprivate var model: TransportProtocol? {
        switch self {
        case .tcp: .tcp
        case .udp: .udp
        case .sctp: nil
        }
    }
}

extension Backend {
    /// An endpoint that names no node is left to the routes.
    fileprivate init(_ candidate: Candidate, _ state: State) {
        self.init(
            endpoint: candidate.endpoint, isLocal: candidate.member.node.map { _ in candidate.isLocal }, state: state)
    }
}

extension Frontend {
    /// The same address and port, or the same node port, whatever the kind.
    func means(_ other: Frontend) -> Bool { address == other.address && nodePort == other.nodePort }
}

extension Service {
    fileprivate func owns(_ frontend: Frontend) -> Bool {
        frontends.contains { $0.kind == .clusterIP && $0.means(frontend) }
    }

    /// Keeps as many backends of the family as there are slots, local ones first.
    fileprivate mutating func limitBackends(_ family: AddressFamily) {
        let kept = Set(
            backends(in: family).filter { $0.state == .active }.sorted().prefix(SlotPlan.maximumSlots)
                .map(\.endpoint))
        backends.removeAll { $0.family == family && !kept.contains($0.endpoint) }
    }
}
