// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
package import DataplaneModel
package import LinuxSystem

/// One attempt of the host itself to reach a service, and what stands in its way.
package struct ServiceProbe: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        /// A TCP handshake was done.
        case connected
        /// A datagram was sent, and nothing refused it; whether a server takes it only its protocol could tell.
        case sent
        case failed(Errno)
    }

    /// What a service needs and does not have here.
    package enum Lack: Hashable, Sendable {
        /// The frontends map has no entry, or one that does not lead to the service's backends.
        case frontend(Frontend)
        /// No active backend of the family.
        case backend(AddressFamily)
        /// The internal policy takes backends of this node alone, and none of the active ones is.
        case localBackend(ServiceName, AddressFamily)
        /// A program of the dataplane that is not where it belongs.
        case program(String)
        /// The routes maps do not say where a backend lives.
        case route(Endpoint)
        /// The kernel has no way to a backend.
        case kernelRoute(Endpoint, Errno)
        /// This process is not balanced as it connects, and the kernel has no way to the service's address.
        case kernelRouteToService(IPAddress, Errno)
        /// This process is not balanced as it connects, which a node port on the node itself needs.
        case connectTime
    }

    package let frontend: Frontend
    /// What was connected to: for a node port, an address of the node.
    package let target: FrontendAddress
    package let outcome: Outcome
    /// Until the outcome.
    package let duration: Duration
    /// Who was drawn; nil when the dataplane has not noted it, or nobody was.
    package let backend: Endpoint?
    /// In an order from the service to the wire; looked for whatever the outcome.
    package let lacks: [Lack]

    package var isSuccess: Bool {
        if case .failed = outcome { false } else { true }
    }
}

extension Dataplane {
    /// Reaches for each address that a service has for this host: its cluster addresses or, without any, its node ports.
    ///
    /// - Parameters:
    ///   - nodeAddresses: this node's own, to ask node ports at.
    ///   - problems: what ``status()`` has found.
    ///   - patience: how long each attempt may take.
    /// - Throws: ``DataplaneError``: `unknownService`.
    package func probe(
        _ name: ServiceName, families: Set<AddressFamily>, nodeAddresses: [IPAddress], problems: [StatusProblem],
        patience: Duration
    ) throws(DataplaneError) -> [ServiceProbe] {
        let store = try services()
        let found = try store.services().filter { name.covers($0.name) }
        guard !found.isEmpty else { throw .unknownService(name) }
        let context = try ProbeContext(self, problems)
        var probes: [ServiceProbe] = []
        for service in found {
            for (frontend, target) in service.targets(nodeAddresses) where families.contains(target.family) {
                let attempt = ProbeAttempt(target, within: patience)
                let isWhole = store.isProgrammed(service)
                probes.append(
                    ServiceProbe(
                        frontend: frontend, target: target, outcome: attempt.outcome, duration: attempt.duration,
                        backend: try backend(of: attempt, in: service),
                        lacks: (isWhole ? [] : [.frontend(frontend)]) + context.lacks(of: service, frontend, target)))
            }
        }
        return probes
    }

    /// What was noted when the socket connected, or else when its packets were translated.
    private func backend(of attempt: ProbeAttempt, in service: Service) throws(DataplaneError) -> Endpoint? {
        guard let local = attempt.local else { return nil }
        if let cookie = attempt.cookie {
            let transport = attempt.target.transport
            let drawn = try SocketStore(in: directory).sockets { $0.cookie == cookie && $0.transport == transport }
            if let socket = drawn.first { return socket.backend }
        }
        let key = ConnectionKey(
            transport: attempt.target.transport, source: local, destination: attempt.target.endpoint)
        return try connections().connection(key)?.backend
    }
}

extension Service {
    fileprivate func targets(_ nodeAddresses: [IPAddress]) -> [(Frontend, FrontendAddress)] {
        let cluster = frontends.filter { $0.kind == .clusterIP }
        guard cluster.isEmpty else { return cluster.compactMap { frontend in frontend.address.map { (frontend, $0) } } }
        return frontends.flatMap { frontend -> [(Frontend, FrontendAddress)] in
            guard let node = frontend.nodePort else { return frontend.address.map { [(frontend, $0)] } ?? [] }
            return AddressFamily.allCases.compactMap { family in
                guard let address = nodeAddresses.first(where: { $0.family == family }), families.contains(family)
                else { return nil }
                let endpoint = Endpoint(address: address, port: node.port)
                return (frontend, FrontendAddress(endpoint: endpoint, transport: node.transport))
            }
        }
    }
}

/// The attempt itself.
private struct ProbeAttempt {
    let target: FrontendAddress
    private(set) var outcome = ServiceProbe.Outcome.failed(.timedOut)
    private(set) var duration = Duration.zero
    private(set) var local: Endpoint?
    private(set) var cookie: UInt64?

    /// How long a refusal of a datagram may take to come back.
    private static let echo = Duration.milliseconds(200)

    init(_ target: FrontendAddress, within patience: Duration) {
        self.target = target
        let start = MonotonicClock.nanoseconds
        do throws(SystemError) {
            try reach(until: Deadline(after: patience))
        } catch {
            outcome = .failed(error.errno)
        }
        duration = .nanoseconds(Int64(clamping: MonotonicClock.nanoseconds - start))
    }

    private mutating func reach(until deadline: Deadline) throws(SystemError) {
        let socket = try Socket.connected(target.transport, to: target.endpoint, until: deadline)
        local = try? socket.localEndpoint()
        cookie = socket.cookie
        guard target.transport == .udp else {
            outcome = .connected
            return
        }
        // An empty datagram asks for nothing.
        _ = try socket.send([])
        if try Poll.readable([socket.descriptor.rawValue], until: Deadline(after: Self.echo)).contains(true) {
            _ = try socket.receive(upTo: 1)
        }
        outcome = .sent
    }
}

/// What is the same for all attempts.
private struct ProbeContext {
    private let routes: RouteLookup
    private let missingPrograms: [String]
    private let isBalanced: [TransportProtocol: Bool]

    init(_ dataplane: borrowing Dataplane, _ problems: [StatusProblem]) throws(DataplaneError) {
        routes = RouteLookup(try dataplane.routes().routes())
        missingPrograms = problems.flatMap { problem -> [String] in
            switch problem {
            case .uplinkWithoutProgram(let interface, let program): ["\(program) on '\(interface)'"]
            case .overlayWithoutProgram(let program), .socketHookWithoutProgram(let program): [program]
            case .workloadWithoutPrograms(let interface, let programs): programs.map { "\($0) on '\(interface)'" }
            default: []
            }
        }
        let options = EnableOptions(words: try dataplane.record().configuration)
        let groups = try dataplane.attachments().compactMap { attachment -> UInt64? in
            guard case .cgroup(_, let id) = attachment.point, attachment.isInPlace else { return nil }
            return id
        }
        let isInside = Cgroup.ownAncestry.contains { groups.contains($0) }
        isBalanced = [
            .tcp: isInside && options.connectTime != .off, .udp: isInside && options.connectTime == .all,
        ]
    }

    func lacks(of service: Service, _ frontend: Frontend, _ target: FrontendAddress) -> [ServiceProbe.Lack] {
        let active = service.backends(in: target.family).filter { $0.state == .active }
        let isLocalOnly = !frontend.isExternal && service.internalPolicy == .local
        let backends = isLocalOnly ? active.filter { $0.isLocal == true } : active
        var lacks: [ServiceProbe.Lack] = []
        if active.isEmpty {
            lacks.append(.backend(target.family))
        } else if backends.isEmpty {
            lacks.append(.localBackend(service.name, target.family))
        }
        lacks += missingPrograms.map { .program($0) }
        if isBalanced[target.transport] != true {
            if frontend.nodePort != nil {
                lacks.append(.connectTime)
            } else if let errno = refusal(of: target.endpoint.address) {
                lacks.append(.kernelRouteToService(target.endpoint.address, errno))
            }
        }
        for backend in backends {
            if routes.entry(for: backend.endpoint.address) == nil { lacks.append(.route(backend.endpoint)) }
            if let errno = refusal(of: backend.endpoint.address) { lacks.append(.kernelRoute(backend.endpoint, errno)) }
        }
        return lacks
    }

    /// Why the kernel sends nothing to an address; nil when it does.
    private func refusal(of address: IPAddress) -> Errno? {
        do throws(SystemError) {
            let kind = try NetlinkSocket().route(to: address)?.kind
            return kind == .blackhole || kind == .unreachable || kind == .prohibit ? .hostUnreachable : nil
        } catch {
            return error.errno
        }
    }
}
