// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// Services as the Kubernetes objects that mean them: read back, they give the same services.
package struct ServiceExport: Hashable, Sendable {
    /// Why a service has no equal among Kubernetes' objects.
    package enum Obstacle: Hashable, Sendable {
        case noClusterIP
        /// Its frontends do not all have one port and protocol.
        case severalPorts
        case weights
        case algorithm(BalancingAlgorithm)
        /// Ports of one service that differ in what an object says once for all of them.
        case unlikeOtherPorts
        /// An object of several ports has to name each.
        case unnamedPort
        /// It would be read back as something else.
        case notEquivalent
    }

    package struct Omission: Hashable, Sendable {
        package let name: ServiceName
        package let obstacle: Obstacle
    }

    /// Each service and its slices, by name.
    package private(set) var objects: [ObjectValue] = []
    /// The services that cannot be put into objects, by name.
    package private(set) var omissions: [Omission] = []

    /// - Parameter node: this node, which the local endpoints name.
    package init(_ services: [Service], node: String) {
        let groups = Dictionary(grouping: services) {
            ObjectName(namespace: String($0.name.namespace), name: String($0.name.name))
        }
        for (name, ports) in groups.sorted(by: { $0.key < $1.key }) {
            add(name, ports.sorted { $0.name < $1.name }, node)
        }
    }

    private mutating func add(_ name: ObjectName, _ ports: [Service], _ node: String) {
        var expressible: [Service] = []
        for port in ports {
            if let obstacle = port.obstacle ?? port.obstacle(beside: expressible) {
                omissions.append(Omission(name: port.name, obstacle: obstacle))
            } else {
                expressible.append(port)
            }
        }
        guard !expressible.isEmpty else { return }
        let exported = ExportedService(name, expressible, node)
        let different = exported.changedWhenReadBack(expressible, node)
        guard different.isEmpty else {
            omissions += expressible.map { Omission(name: $0.name, obstacle: .notEquivalent) }
            return
        }
        objects.append(exported.service.value)
        objects += exported.slices.map(\.value)
    }
}

/// The objects of one service.
private struct ExportedService {
    let service: ServiceObject
    let slices: [SliceObject]

    /// As the API limits the endpoints of a slice.
    private static let sliceLimit = 1000

    /// - Parameter ports: all of one object, none with an obstacle.
    init(_ name: ObjectName, _ ports: [Service], _ node: String) {
        let addresses = { (kind: Frontend.Kind) in
            (ports.first?.frontends ?? []).filter { $0.kind == kind }.compactMap(\.address?.endpoint.address)
        }
        let balancers = addresses(.loadBalancer)
        let hasNodePorts = ports.contains { $0.frontends.contains { $0.kind == .nodePort } }
        service = ServiceObject(
            name: name, created: "", kind: !balancers.isEmpty ? .loadBalancer : hasNodePorts ? .nodePort : .clusterIP,
            clusterIPs: addresses(.clusterIP), isHeadless: false, ports: ports.compactMap(\.objectPort),
            externalIPs: addresses(.externalIP), loadBalancerIPs: balancers, affinity: ports.first?.affinity,
            externalPolicy: ports.first?.externalPolicy ?? .cluster,
            internalPolicy: ports.first?.internalPolicy ?? .cluster, sourceRanges: ports.first?.sourceRanges ?? [],
            isLabelledHeadless: false)
        var slices: [SliceObject] = []
        for port in ports {
            for backends in port.slicedBackends(limit: Self.sliceLimit) {
                slices.append(SliceObject(name, number: slices.count + 1, port, backends, node))
            }
        }
        self.slices = slices
    }

    /// The services that the objects would not bring back as they are.
    func changedWhenReadBack(_ services: [Service], _ node: String) -> [ServiceName] {
        var objects = ObjectSet()
        objects.services = [service]
        objects.slices = slices
        let everywhere = [IPAddress.v4(0), .v6(high: 0, low: 0)].map { Prefix(around: $0, length: 0) }
        let options = TranslationOptions(node: .name(node), allowedExternalIPs: everywhere)
        let state = try? objects.desiredState(options)
        let back = Dictionary((state?.services ?? []).map { ($0.name, $0) }) { first, _ in first }
        return services.filter { service in
            back[service.name].map { !ServiceChanges(from: service, to: $0).isEmpty } ?? true
        }.map(\.name)
    }
}

extension Service {
    fileprivate var obstacle: ServiceExport.Obstacle? {
        if !frontends.contains(where: { $0.kind == .clusterIP }) { return .noClusterIP }
        if algorithm != .random { return .algorithm(algorithm) }
        if canonical().backends.contains(where: { $0.weight != 1 }) { return .weights }
        let virtual = Set(frontends.filter { $0.kind != .nodePort }.map(\.port))
        let nodePorts = frontends.filter { $0.kind == .nodePort }
        let isOne = virtual.count == 1 && nodePorts.count <= 1 && Set(frontends.map(\.transport)).count == 1
        return isOne ? nil : .severalPorts
    }

    fileprivate func obstacle(beside others: [Service]) -> ServiceExport.Obstacle? {
        guard let first = others.first else { return nil }
        if name.port == nil || first.name.port == nil { return .unnamedPort }
        let isAlike =
            addresses == first.addresses && affinity == first.affinity && externalPolicy == first.externalPolicy
            && internalPolicy == first.internalPolicy && sourceRanges == first.sourceRanges
        return isAlike ? nil : .unlikeOtherPorts
    }

    private struct Address: Hashable {
        let kind: Frontend.Kind
        let address: IPAddress
    }

    private var addresses: Set<Address> {
        Set(frontends.compactMap { one in one.address.map { Address(kind: one.kind, address: $0.endpoint.address) } })
    }

    fileprivate var objectPort: ServiceObject.Port? {
        guard let first = frontends.first(where: { $0.kind == .clusterIP }) else { return nil }
        return ServiceObject.Port(
            name: name.port.map(String.init) ?? "", transport: first.transport == .tcp ? .tcp : .udp, port: first.port,
            nodePort: frontends.lazy.compactMap(\.nodePort).first?.port, serviceName: name)
    }

    /// The backends in groups of one family and port, none with more than `limit`.
    fileprivate func slicedBackends(limit: Int) -> [[Backend]] {
        var groups: [[Backend]] = []
        for backend in backends.sorted(by: { $0.endpoint < $1.endpoint }) {
            let place = groups.firstIndex { group in
                group.count < limit && group[0].family == backend.family
                    && group[0].endpoint.port == backend.endpoint.port
            }
            if let place { groups[place].append(backend) } else { groups.append([backend]) }
        }
        return groups
    }
}

extension SliceObject {
    /// - Parameter backends: of one family and port, at least one.
    fileprivate init(_ service: ObjectName, number: Int, _ port: Service, _ backends: [Backend], _ node: String) {
        let members = backends.map { backend in
            var member = Member(
                address: backend.endpoint.address, isReady: backend.state == .active,
                node: backend.isLocal == true ? node : nil)
            member.isTerminating = backend.state == .draining
            return member
        }
        let name = ObjectName(namespace: service.namespace, name: "\(service.name)-\(number)")
        let transport = port.objectPort?.transport ?? .tcp
        self.init(
            name: name, service: service,
            ports: [
                Port(
                    name: port.name.port.map(String.init) ?? "", transport: transport,
                    port: backends.first?.endpoint.port ?? 0)
            ], members: members)
    }
}
