// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// A loopback server and sockets connected to it, with entries of the sockets map written as at connect().
private final class Clients {
    let server: Socket
    private let transport: TransportProtocol
    private let family: AddressFamily
    private var sockets: [Client] = []

    private final class Client {
        let socket: Socket

        init(_ transport: TransportProtocol, to backend: Endpoint) throws {
            socket = try .connected(transport, to: backend, until: Deadline(after: .seconds(5)))
        }

        /// SO_COOKIE.
        var cookie: UInt64 {
            var cookie: UInt64 = 0
            var length = socklen_t(MemoryLayout<UInt64>.size)
            unsafe getsockopt(socket.descriptor.rawValue, SOL_SOCKET, 57, &cookie, &length)
            return cookie
        }
    }

    init(_ transport: TransportProtocol, _ family: AddressFamily = .v4) throws {
        (self.transport, self.family) = (transport, family)
        let endpoint = try Endpoint(family == .v4 ? "127.0.0.1:1" : "[::1]:1").withPort(0)
        server = transport == .tcp ? try .listening(on: endpoint) : try .datagrams(on: endpoint)
    }

    var backend: Endpoint {
        get throws { try server.localEndpoint() }
    }

    /// - Parameter service: of the entry to write; nil for a process that knows the backend by itself.
    /// - Returns: the client's number, as ``survivors()`` gives it.
    @discardableResult
    func connect(through service: UInt32?, _ maps: PinnedMaps) throws -> Int {
        let client = try Client(transport, to: backend)
        if let service { try maps.writeSocket(client.cookie, backend: backend, transport, service: service) }
        sockets.append(client)
        return sockets.count - 1
    }

    /// The numbers of the clients whose sockets still have a peer.
    func survivors() -> [Int] {
        sockets.indices.filter { (try? sockets[$0].socket.send([1])) == 1 }
    }
}

extension Endpoint {
    fileprivate func withPort(_ port: UInt16) -> Endpoint { Endpoint(address: address, port: port) }
}

extension PinnedMaps {
    fileprivate func writeSocket(
        _ cookie: UInt64, backend: Endpoint, _ transport: TransportProtocol, service: UInt32
    ) throws {
        switch backend.family {
        case .v4: try writeSocket(IPv4ABI.self, cookie, backend, transport, service)
        case .v6: try writeSocket(IPv6ABI.self, cookie, backend, transport, service)
        }
    }

    private func writeSocket<ABI: FamilyABI>(
        _: ABI.Type, _ cookie: UInt64, _ backend: Endpoint, _ transport: TransportProtocol, _ service: UInt32
    ) throws where ABI.SocketKey: BitwiseCopyable, ABI.Socket: BitwiseCopyable {
        let map = try Map<ABI.SocketKey, ABI.Socket>(pinned: directory.map(.sockets(backend.family)))
        var key = ABI.SocketKey()
        (key.cookie, key.addr) = (cookie, try #require(ABI.Address(backend.address)))
        key.port = backend.port.bigEndian
        var value = ABI.Socket()
        (value.proto, value.service_id) = (UInt16(transport.rawValue), service)
        try map.update(key, value)
    }

    func socketCount(_ family: AddressFamily) throws -> Int {
        try RawMap(pinned: directory.map(.sockets(family))).entryCount()
    }

    func dataplane() throws -> Dataplane { try Dataplane(at: DataplaneLocation(bpffs: directory.bpffs), .reading) }
}

@Suite(.needsKernel) struct BackendRemovalTests {
    private func report(
        sockets: [TransportProtocol: Int] = [:], connections: [TransportProtocol: Int] = [:]
    ) -> BackendRemovalReport {
        var report = BackendRemovalReport()
        (report.sockets, report.connections) = (sockets, connections)
        return report
    }

    @Test(arguments: AddressFamily.allCases)
    func onlySocketsThatTheServiceSentThereEnd(family: AddressFamily) throws {
        let maps = try PinnedMaps()
        let clients = try Clients(.udp, family)
        try clients.connect(through: 7, maps)
        let stranger = try clients.connect(through: nil, maps)
        let neighbour = try clients.connect(through: 8, maps)
        let removal = try BackendRemoval(removed: [clients.backend], from: 7)
        #expect(try removal.cleanUp(in: maps.dataplane()) == report(sockets: [.udp: 1]))
        #expect(clients.survivors() == [stranger, neighbour])
        #expect(try maps.socketCount(family) == 1)
        #expect(try removal.cleanUp(in: maps.dataplane()) == report())
    }

    @Test func socketsToOtherBackendsOfTheServiceGoOn() throws {
        let maps = try PinnedMaps()
        let clients = try Clients(.udp)
        let client = try clients.connect(through: 7, maps)
        let other = Endpoint(address: try IPAddress("127.0.0.1"), port: try clients.backend.port ^ 1)
        let removal = BackendRemoval(removed: [other], from: 7)
        #expect(try removal.cleanUp(in: maps.dataplane()) == report())
        #expect(clients.survivors() == [client])
        #expect(try maps.socketCount(.v4) == 1)
    }

    @Test(arguments: [true, false])
    func tcpEndsOnlyWhenAsked(closingTCP: Bool) throws {
        let maps = try PinnedMaps()
        let clients = try Clients(.tcp)
        let client = try clients.connect(through: 7, maps)
        var flow = try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.10:80", to: "\(clients.backend)")
        flow.service = 7
        try maps.write([flow])
        let removal = try BackendRemoval(removed: [clients.backend], from: 7, closingTCP: closingTCP)
        let expected = closingTCP ? report(sockets: [.tcp: 1], connections: [.tcp: 1]) : report()
        #expect(try removal.cleanUp(in: maps.dataplane()) == expected)
        #expect(clients.survivors() == (closingTCP ? [] : [client]))
        #expect(try maps.connections() == (closingTCP ? [] : [flow.key]))
        #expect(try maps.socketCount(.v4) == (closingTCP ? 0 : 1))
    }

    @Test func entriesOfSocketsThatAreGoneAreForgotten() throws {
        let maps = try PinnedMaps()
        try maps.writeSocket(.max, backend: Endpoint("10.1.0.9:53"), .udp, service: 7)
        let removal = BackendRemoval(removed: [try Endpoint("10.1.0.9:53")], from: 7)
        #expect(try removal.cleanUp(in: maps.dataplane()) == report())
        #expect(try maps.socketCount(.v4) == 0)
    }

    @Test func trackedUDPFlowsToRemovedBackendsAreForgotten() throws {
        let maps = try PinnedMaps()
        var flows = [
            try ConnectionPair("udp,10.1.0.5:40000,10.96.0.53:53", to: "10.1.0.9:53"),
            try ConnectionPair("udp,[fd00:1::5]:40000,[fd00:96::53]:53", to: "[fd00:1::9]:53"),
            try ConnectionPair("udp,10.1.0.5:40001,10.96.0.53:53", to: "10.1.0.8:53"),
            try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.53:53", to: "10.1.0.9:53"),
            try ConnectionPair("udp,10.1.0.5:40000,10.96.0.54:53", to: "10.1.0.9:53"),
        ]
        for (index, service) in [7, 8, 7, 7, 9].enumerated() { flows[index].service = UInt32(service) }
        try maps.write(flows)
        let removal = BackendRemoval([7: [try Endpoint("10.1.0.9:53")], 8: [try Endpoint("[fd00:1::9]:53")]])
        #expect(try removal.cleanUp(in: maps.dataplane()) == report(connections: [.udp: 2]))
        #expect(try maps.connections() == Set(flows[2...].map(\.key)))
        #expect(try AddressFamily.allCases.map { try maps.entryCount($0) } == [6, 0])
    }

    /// Two nodes; the service loses one backend on each, and keeps one on the second.
    @Test func flowsThroughTheOverlayGoOnWhileTheirNodeHasABackend() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/dns", ["10.96.0.53:53/udp"], ["10.1.2.8:53"]))
        let id = try #require(try maps.identifier(of: ServiceName("default/dns")))
        for (prefix, node) in [("10.1.1.0/24", "192.0.2.2"), ("10.1.2.0/24", "192.0.2.3")] {
            let route = Route(prefix: try Prefix(prefix), role: .workload, place: .remote(via: try IPAddress(node)))
            try maps.dataplane().routes().write(RouteEntry(route: route, origin: .manual, isPeer: false))
        }
        var flows = [
            try ConnectionPair("udp,203.0.113.9:40000,192.0.2.1:30053", via: "192.0.2.2"),
            try ConnectionPair("udp,203.0.113.9:40001,192.0.2.1:30053", via: "192.0.2.3"),
            try ConnectionPair("udp,203.0.113.9:40002,192.0.2.1:30053", via: "192.0.2.2"),
        ]
        for (index, service) in [id, id, id + 1].enumerated() { flows[index].service = service }
        try maps.write(flows)
        let removal = BackendRemoval(removed: [try Endpoint("10.1.1.9:53"), try Endpoint("10.1.2.9:53")], from: id)
        #expect(try removal.cleanUp(in: maps.dataplane()) == report(connections: [.udp: 1]))
        #expect(try maps.connections() == [flows[1].key, flows[2].key])
    }

    @Test func nothingLostCostsNothing() throws {
        let removal = BackendRemoval(removed: [], from: 7)
        #expect(removal.isEmpty)
        let maps = try PinnedMaps()
        #expect(try removal.cleanUp(in: maps.dataplane()) == report())
    }
}
