// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import PacketBuilder
import TestSupport
import Testing

@testable import Dataplane

/// What a tc program answers.
enum Verdict: Int32 {
    /// `TC_ACT_UNSPEC`: other programs and the host stack decide.
    case pass = -1
    /// `TC_ACT_SHOT`.
    case drop = 2
    /// `TC_ACT_REDIRECT`: straight to another device.
    case redirect = 7
}

struct Outcome {
    let verdict: Verdict?
    let packet: [UInt8]
}

/// Programs in the kernel with maps of their own, to be run on packets made by hand.
final class ProgramBench {
    /// How the programs of a bench are loaded; what nobody says is as `enable` has it by default.
    struct Setup {
        var options: EnableOptions
        var node: NodeConstants
        /// The programs of uplinks whose packets begin with the IP header.
        var layer3 = false
    }

    let family: AddressFamily
    let cast: Cast
    let node: TestNode
    let setup: Setup
    private let loaded: LoadedPrograms

    var directory: PinDirectory { loaded.directory }

    /// - Parameter programs: by the names in their sources.
    init(
        _ programs: [String], _ family: AddressFamily, setUp: (inout Setup) -> Void = { _ in }
    ) throws {
        self.family = family
        cast = Cast(family)
        node = try TestNode.shared()
        var setup = Setup(
            options: EnableOptions(),
            node: NodeConstants(overlayIndex: TestNode.overlay, uplinkMTU: 1500, namespaceCookie: node.cookie))
        setup.options.mapSizes = Self.mapSizes
        setup.options.timeouts = Self.timeouts
        setUp(&setup)
        self.setup = setup
        let kind = LoadedPrograms.Kind(family: family, options: setup.options, node: setup.node)
        loaded = try LoadedPrograms.take(
            kind, programs.compactMap { Self.program($0, family, layer3: setup.layer3) })
        let meta = try MetaStore(in: directory, isNew: true)
        try meta.write(DataplaneRecord(toolVersion: "test", enabledAt: 0, configuration: []))
        // No service has a number that forgotten memory might hold.
        var head = try meta.read()
        head.next_service_id = 70
        try meta.write(head)
        try writeRoutes()
    }

    deinit { loaded.giveBack() }

    private static func program(_ name: String, _ family: AddressFamily, layer3: Bool) -> DataplaneProgram? {
        DataplaneProgram.known.first { $0.name == name && $0.family == family && $0.layer3 == layer3 }
    }

    convenience init(_ family: AddressFamily, setUp: (inout Setup) -> Void = { _ in }) throws {
        try self.init(["from_workload"], family, setUp: setUp)
    }

    /// Small ones are made and forgotten faster.
    static let mapSizes: [String: UInt32] = [
        "frontends": 64, "slots": 1024, "connections": 1024, "routes": 64, "sockets": 64, "source_ranges": 64,
        "affinity": 256, "fragments": 64, "service_names": 64,
    ]

    /// Short enough that the machine has been up for longer, and all different.
    static let timeouts: ConnectionTimeouts = {
        var timeouts = ConnectionTimeouts()
        timeouts.tcpSynSent = .seconds(6)
        timeouts.tcpEstablished = .seconds(12)
        timeouts.tcpFinsSeen = .seconds(4)
        timeouts.tcpResetSeen = .seconds(3)
        timeouts.udp = .seconds(8)
        return timeouts
    }()

    private func writeRoutes() throws {
        let pods = node.pods
        try route(Prefix(host: cast.client), .workload, .local(InterfaceReference(name: nil, index: pods[0])))
        try route(Prefix(host: cast.local), .workload, .local(InterfaceReference(name: nil, index: pods[1])))
        try route(cast.remoteBlock, .workload, .remote(via: cast.otherNode))
        try route(Prefix(host: cast.otherNode), .host, .remote(via: cast.otherNode))
        try route(Prefix(host: cast.node), .host, .local(InterfaceReference(name: nil, index: node.uplink)))
    }

    /// Writes a route; one to a local workload leads into a pod, as behind a veth.
    func route(_ prefix: Prefix, _ role: Route.Role, _ place: Route.Place) throws {
        let route = Route(prefix: prefix, role: role, place: place)
        let isPeer = role == .workload && route.isLocal
        try routes().write(RouteEntry(route: route, isPeer: isPeer))
    }

    func removeRoute(_ prefix: Prefix) throws { try routes().delete(prefix) }

    private func routes() throws -> RouteStore { try RouteStore(in: directory, noDSR: setup.options.noDSR) }
}

// Services
extension ProgramBench {
    /// Makes a service of TCP and UDP on one address, through the store that the commands use.
    ///
    /// - Returns: its number.
    @discardableResult
    func serve(_ virtual: IPAddress? = nil, port: UInt16 = 80, by backends: [Backend]) throws -> UInt32 {
        let endpoint = Endpoint(address: virtual ?? cast.virtual, port: port)
        let name = try ServiceName("default/s-\(endpoint.port)-\(endpoint.address == cast.virtual ? "a" : "b")")
        let service = Service(
            name: name,
            frontends: [.tcp, .udp].map { .clusterIP(FrontendAddress(endpoint: endpoint, transport: $0)) },
            backends: backends)
        var store = try ServiceStore(in: directory)
        let difference = try store.difference(to: [service], pruning: false)
        try store.apply(difference)
        let identifier = store.identifier(of: name)
        return try #require(identifier)
    }

    /// Makes, or changes, the service `default/web` of TCP and UDP.
    ///
    /// - Parameter frontends: of one transport; each is made for both.
    /// - Parameter shape: what else it is to have.
    /// - Returns: its number.
    @discardableResult
    func serve(
        at frontends: [FrontendKind], by backends: [Backend], shape: (inout Service) -> Void = { _ in }
    ) throws -> UInt32 {
        var service = Service(name: try ServiceName("default/web"), backends: backends)
        service.frontends = frontends.flatMap { kind in [TransportProtocol.tcp, .udp].map { kind.frontend($0) } }
        shape(&service)
        var store = try ServiceStore(in: directory)
        let difference = try store.difference(to: [service], pruning: false)
        try store.apply(difference)
        let identifier = store.identifier(of: service.name)
        return try #require(identifier)
    }

    /// A frontend that still wants a transport.
    enum FrontendKind {
        case clusterIP(IPAddress)
        case externalIP(IPAddress)
        case loadBalancer(IPAddress)
        /// Port 30080.
        case nodePort

        /// What a client asks for, at the node's address if it is a node port.
        func endpoint(on cast: Cast) -> Endpoint {
            switch self {
            case .clusterIP(let address), .externalIP(let address), .loadBalancer(let address):
                Endpoint(address: address, port: 80)
            case .nodePort: Endpoint(address: cast.node, port: 30080)
            }
        }

        fileprivate func frontend(_ transport: TransportProtocol) -> Frontend {
            func at(_ address: IPAddress) -> FrontendAddress {
                FrontendAddress(endpoint: Endpoint(address: address, port: 80), transport: transport)
            }
            return switch self {
            case .clusterIP(let address): .clusterIP(at(address))
            case .externalIP(let address): .externalIP(at(address))
            case .loadBalancer(let address): .loadBalancer(at(address))
            case .nodePort: .nodePort(NodePort(port: 30080, transport: transport))
            }
        }
    }

    @discardableResult
    func serve(by addresses: IPAddress..., port: UInt16 = 8080) throws -> UInt32 {
        try serve(by: addresses.map { Backend(endpoint: Endpoint(address: $0, port: port), isLocal: false) })
    }

    /// A frontend that points at slots which may not exist.
    func writeFrontend(service: UInt32, firstSlot: UInt32, slotCount: UInt32) throws {
        switch family {
        case .v4: try writeFrontend(IPv4ABI.self, service, firstSlot, slotCount)
        case .v6: try writeFrontend(IPv6ABI.self, service, firstSlot, slotCount)
        }
    }

    private func writeFrontend<ABI: FamilyABI>(
        _: ABI.Type, _ service: UInt32, _ firstSlot: UInt32, _ slotCount: UInt32
    ) throws where ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable {
        let map = try Map<ABI.FrontendKey, ABI.Frontend>(pinned: directory.map(.frontends(family)))
        var value = ABI.Frontend()
        (value.service_id, value.first_slot, value.slot_count) = (service, firstSlot, slotCount)
        for transport in [TransportProtocol.tcp, .udp] {
            let address = FrontendAddress(
                endpoint: Endpoint(address: cast.virtual, port: 80), transport: transport)
            guard let key = ABI.FrontendKey(address) else { continue }
            try map.update(key, value)
        }
    }
}

// Connections
extension ProgramBench {
    func entries() throws -> [ConnectionKey: Entry] {
        switch family {
        case .v4: try ConnectionTable<IPv4ABI>(in: directory).entries()
        case .v6: try ConnectionTable<IPv6ABI>(in: directory).entries()
        }
    }

    func times() throws -> [ConnectionKey: EntryTimes] {
        switch family {
        case .v4: try ConnectionTable<IPv4ABI>(in: directory).times()
        case .v6: try ConnectionTable<IPv6ABI>(in: directory).times()
        }
    }

    /// Writes entries as if their last packet had passed `age` ago.
    func write(_ entries: [ConnectionKey: Entry], age: Duration = .zero) throws {
        let past = MonotonicClock.nanoseconds - UInt64(age.components.seconds) * 1_000_000_000
        let times = EntryTimes(created: past, lastSeen: past)
        for (key, entry) in entries {
            switch family {
            case .v4: try ConnectionTable<IPv4ABI>(in: directory).write(key, entry, times)
            case .v6: try ConnectionTable<IPv6ABI>(in: directory).write(key, entry, times)
            }
        }
    }

    func setLastSeen(_ keys: [ConnectionKey], ago: Duration) throws {
        let past = MonotonicClock.nanoseconds - UInt64(ago.components.seconds) * 1_000_000_000
        for key in keys {
            switch family {
            case .v4: try ConnectionTable<IPv4ABI>(in: directory).touch(key, lastSeen: past)
            case .v6: try ConnectionTable<IPv6ABI>(in: directory).touch(key, lastSeen: past)
            }
        }
    }

    /// As if all flows had been idle for long.
    func forgetConnections() throws {
        switch family {
        case .v4: try ConnectionTable<IPv4ABI>(in: directory).removeAll()
        case .v6: try ConnectionTable<IPv6ABI>(in: directory).removeAll()
        }
    }

    func keysWithDirtyPadding() throws -> [ConnectionKey] {
        switch family {
        case .v4: try ConnectionTable<IPv4ABI>(in: directory).keysWithDirtyPadding()
        case .v6: try ConnectionTable<IPv6ABI>(in: directory).keysWithDirtyPadding()
        }
    }
}

// Runs
extension ProgramBench {
    /// - Parameter interface: the one the packet is at.
    /// - Parameter ingress: the one it came in by, for packets that are leaving; 0 for one of the node's own.
    /// - Parameter segmentSize: of an aggregated packet; 0 for others.
    func run(
        _ packets: [[UInt8]], by program: String = "from_workload", at interface: UInt32? = nil, ingress: UInt32 = 0,
        segmentSize: UInt32 = 0
    ) throws -> [Outcome] {
        let wanted = try #require(Self.program(program, family, layer3: setup.layer3))
        let path = directory.program(wanted)
        var context = PacketContext()
        context.interface = interface ?? (program.hasSuffix("uplink") ? node.uplink : node.pods[0])
        context.ingressInterface = ingress
        context.segmentSize = segmentSize
        return try node.node.run {
            let program = try Program(pinned: path)
            return try packets.map { packet in
                let result = try program.testRun(packet: packet, context: context)
                return Outcome(verdict: Verdict(rawValue: result.verdict), packet: result.packet)
            }
        }
    }

    func counters() throws -> [CounterReason: UInt64] {
        try CounterReading.readAll(in: directory).reduce(into: [:]) { counters, reading in
            if reading.packets > 0 { counters[reading.reason] = reading.packets }
        }
    }

    /// Runs a program and compares everything that it did.
    ///
    /// - Parameter output: nil when the packet must not be touched.
    /// - Parameter counted: all reasons that were counted meanwhile, once each.
    /// - Parameter entries: the whole connections map afterwards; nil when it must be as it was.
    func expect(
        _ packet: [UInt8], by program: String = "from_workload", at interface: UInt32? = nil, ingress: UInt32 = 0,
        segmentSize: UInt32 = 0, gives verdict: Verdict, _ output: Packet? = nil, counted: [CounterReason],
        entries: [ConnectionKey: Entry]? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (countersBefore, entriesBefore) = (try counters(), try self.entries())
        let outcome = try run(
            [packet], by: program, at: interface, ingress: ingress, segmentSize: segmentSize)[0]
        let moved = try counters().compactMapValues { $0 }.filter { $0.value != countersBefore[$0.key] ?? 0 }
            .reduce(into: [:]) { $0[$1.key] = $1.value - (countersBefore[$1.key] ?? 0) }
        #expect(outcome.verdict == verdict, sourceLocation: sourceLocation)
        #expect(outcome.packet == output?.bytes ?? packet, sourceLocation: sourceLocation)
        let expected = Dictionary(counted.map { ($0, UInt64(1)) }, uniquingKeysWith: +)
        #expect(moved == expected, sourceLocation: sourceLocation)
        #expect(try self.entries() == entries ?? entriesBefore, sourceLocation: sourceLocation)
        #expect(try keysWithDirtyPadding() == [], sourceLocation: sourceLocation)
    }

    func expect(
        _ packet: Packet, by program: String = "from_workload", at interface: UInt32? = nil, ingress: UInt32 = 0,
        segmentSize: UInt32 = 0, gives verdict: Verdict, _ output: Packet? = nil, counted: [CounterReason],
        entries: [ConnectionKey: Entry]? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try expect(
            packet.bytes, by: program, at: interface, ingress: ingress, segmentSize: segmentSize, gives: verdict,
            output,
            counted: counted, entries: entries, sourceLocation: sourceLocation)
    }
}

/// Both families, each with both transports.
let everyTransport: [(AddressFamily, TransportProtocol)] =
    AddressFamily.allCases.flatMap { family in [(family, .tcp), (family, .udp)] }
