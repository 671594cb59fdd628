// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import PacketBuilder
import PacketFuzz
import TestSupport
import Testing

@testable import Dataplane

/// A node with a service of every kind, in the kernel's maps and as the oracle knows it.
///
/// Nothing in it is left to chance: where a service has several backends, it is consistent.
final class RandomWorld {
    let bench: ProgramBench
    private(set) var world: World
    private(set) var frontends: [Endpoint] = []
    private(set) var outside: [Endpoint] = []
    private var services: [Service] = []

    var cast: Cast { bench.cast }
    let external: IPAddress
    let balanced: IPAddress

    /// Longer than a batch lasts, and shorter than any machine has been up.
    static let shortTimeout = Duration.seconds(5)

    init(_ family: AddressFamily, isStrict: Bool) throws {
        bench = try ProgramBench(Hook.allCases.map(\.program), family) { setup in
            setup.options.mapSizes.merge(
                ["connections": 16384, "fragments": 16384, "affinity": 16384, "slots": 65536]) { $1 }
            setup.options.replacementPorts = 20000...20000
            setup.options.sourceCheck = isStrict ? .strict : .off
            var timeouts = ConnectionTimeouts()
            timeouts.tcpSynSent = .seconds(3600)
            timeouts.tcpEstablished = .seconds(3600)
            timeouts.tcpFinsSeen = .seconds(3600)
            timeouts.tcpResetSeen = Self.shortTimeout
            timeouts.udp = .seconds(3600)
            setup.options.timeouts = timeouts
        }
        let isV4 = family == .v4
        external = .of(isV4 ? "198.51.100.100" : "2001:db8:e::64")
        balanced = .of(isV4 ? "198.51.100.101" : "2001:db8:e::65")
        world = World(isV4: isV4)
        let cast = bench.cast
        world.nodes = [Address(cast.node)]
        world.members = [Address(cast.node), Address(cast.otherNode)]
        world.overlayPort = bench.setup.options.overlayPort
        world.workloads = [(Address(cast.client), 0), (Address(cast.local), 0)]
        world.workloads.append((Address(cast.remoteBlock.address), isV4 ? 8 : 64))
        world.hairpin = Address(isV4 ? EnableOptions.hairpinV4 : EnableOptions.hairpinV6)
        world.overlayMTU = bench.setup.node.overlayMTU(family)
        if isStrict {
            world.owners = [bench.node.pods[0]: Address(cast.client), bench.node.pods[1]: Address(cast.local)]
        }
        try makeServices()
    }

    private func makeServices() throws {
        let cast = self.cast
        let (here, there) = ((cast.local, true), (cast.remote, false))
        try cluster(80, [here])
        try cluster(81, [there])
        try cluster(82, [here, there, (cast.client, true), (cast.stranger, false)]) { $0.algorithm = .maglev }
        try cluster(83, [])
        try cluster(85, [here], backendPort: 8085) { $0.affinity = .seconds(3600) }
        // The same backend as that of port 80: the client's port may be taken.
        try cluster(86, [here])
        try cluster(87, [(cast.unreachable, false)])
        try cluster(88, [(cast.node, true)])
        try cluster(89, [(cast.otherNode, false)])
        try cluster(90, [there]) { $0.internalPolicy = .local }
        try outside([.externalIP(external), .nodePort(30080)], [here, there]) { $0.algorithm = .maglev }
        let allowed = [Prefix(host: cast.gateway)]
        try outside([.loadBalancer(balanced)], [here], backendPort: 8083) { $0.sourceRanges = allowed }
        try outside([.nodePort(30081)], [there]) { $0.externalPolicy = .local }
        try outside([.nodePort(30082)], [(cast.stranger, false)])
        try outside([.nodePort(30083)], [])
        try outside([.nodePort(30084)], [here])
        var store = try ServiceStore(in: bench.directory)
        try store.apply(store.difference(to: services, pruning: false))
        // Names slots that nobody has written.
        try bench.writeFrontend(service: 999, firstSlot: 65000, slotCount: 4)
        note(Endpoint(address: cast.virtual, port: 80), Serving([End(Address(), 0)]))
    }

    private func note(_ endpoint: Endpoint, _ serving: Serving) {
        frontends.append(endpoint)
        world.frontends[End(endpoint)] = serving
    }

    private func cluster(
        _ port: UInt16, _ backends: [(IPAddress, Bool)], backendPort: UInt16 = 8080,
        shape: (inout Service) -> Void = { _ in }
    ) throws {
        let endpoint = Endpoint(address: cast.secondVirtual, port: port)
        let service = try add(
            "cluster-\(port)",
            [.tcp, .udp].map { .clusterIP(FrontendAddress(endpoint: endpoint, transport: $0)) }, backends, backendPort,
            shape)
        note(endpoint, serving(service))
    }

    enum Outside {
        case externalIP(IPAddress)
        case loadBalancer(IPAddress)
        case nodePort(UInt16)
    }

    private func outside(
        _ kinds: [Outside], _ backends: [(IPAddress, Bool)], backendPort: UInt16 = 8080,
        shape: (inout Service) -> Void = { _ in }
    ) throws {
        var frontends: [Frontend] = []
        var endpoints: [Endpoint] = []
        for (kind, transport) in kinds.flatMap({ kind in [(kind, TransportProtocol.tcp), (kind, .udp)] }) {
            switch kind {
            case .externalIP(let address), .loadBalancer(let address):
                let endpoint = Endpoint(address: address, port: 80)
                let at = FrontendAddress(endpoint: endpoint, transport: transport)
                if case .externalIP = kind {
                    frontends.append(.externalIP(at))
                } else {
                    frontends.append(.loadBalancer(at))
                }
                endpoints.append(endpoint)
            case .nodePort(let port):
                frontends.append(.nodePort(NodePort(port: port, transport: transport)))
                endpoints.append(Endpoint(address: cast.node, port: port))
            }
        }
        let service = try add("outside-\(services.count)", frontends, backends, backendPort, shape)
        for endpoint in Set(endpoints) {
            if endpoint.address == cast.node {
                world.nodePorts[endpoint.port] = serving(service)
            } else {
                world.frontends[End(endpoint)] = serving(service)
            }
        }
        outside += Set(endpoints).sorted { ($0.port, $0.address.description) < ($1.port, $1.address.description) }
    }

    private func add(
        _ name: String, _ frontends: [Frontend], _ backends: [(IPAddress, Bool)], _ backendPort: UInt16,
        _ shape: (inout Service) -> Void
    ) throws -> Service {
        var service = Service(name: try ServiceName("default/\(name)"), frontends: frontends)
        service.backends = backends.map {
            Backend(endpoint: Endpoint(address: $0.0, port: backendPort), isLocal: $0.1)
        }
        shape(&service)
        services.append(service)
        return service
    }

    private func serving(_ service: Service) -> Serving {
        // A node that has none of its own drops what the policy wants to be served here.
        let isLocal = service.internalPolicy == .local || service.externalPolicy == .local
        let mayDrop = isLocal && !service.backends.contains { $0.isLocal == true }
        return Serving(
            service.backends.map { End($0.endpoint) }, isRestricted: !service.sourceRanges.isEmpty, mayDrop: mayDrop)
    }
}

extension Address {
    init(_ address: IPAddress) { self.init(address.bytes) }
}

extension End {
    init(_ endpoint: Endpoint) { self.init(Address(endpoint.address), endpoint.port) }
}

extension Tuple {
    init(_ key: ConnectionKey) { self.init(End(key.source), End(key.destination), key.transport.rawValue) }
}
