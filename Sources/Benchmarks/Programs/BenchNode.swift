// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Dataplane
import DataplaneModel
import Lab
import LinuxSystem
import PacketBuilder

/// A node with the dataplane on, as `enable` leaves it, and as many services as a case asks for.
final class BenchNode {
    let lab: Lab
    let node: LabNode
    let uplink: UInt32
    let pods: [UInt32]
    let overlay: UInt32

    /// The first service's address; service N has the address N further.
    static func virtual(_ family: AddressFamily, _ number: UInt32 = 0) -> IPAddress {
        switch family {
        case .v4: .v4(0x0a60_0000 + number)
        case .v6: .v6(high: 0xfd00_0096 << 32, low: UInt64(number))
        }
    }

    static let nodePort: UInt16 = 30080
    /// Served by the other node.
    static let farNodePort: UInt16 = 30081

    init(returning path: EnableOptions.ReturnPath = .tunnel) throws {
        lab = try Lab.build(LabPlan(nodeCount: 2, podsPerNode: 2))
        node = lab.nodes[0]
        try node.enable {
            $0.forwarding = .direct
            $0.returnPath = path
        }
        let node = node
        (uplink, pods, overlay) = try node.onNode {
            let links = try NetlinkSocket().links()
            func index(_ name: String) throws -> UInt32 {
                guard let link = links.first(where: { $0.name == name }) else {
                    throw BenchmarkError.broken("no interface \(name)")
                }
                return link.index
            }
            return (
                try index(LabNode.uplink), try node.workloadInterfaces.map(index),
                links.first { $0.name == "ebpfctl" }?.index ?? 0
            )
        }
        try receiveSamples()
        try meetNeighbours()
    }

    /// The uplink takes frames for another machine as what they are.
    private func receiveSamples() throws {
        let uplink = uplink
        try node.onNode {
            try NetlinkSocket().change(
                index: uplink, LinkSettings(macAddress: MACAddress(bytes: Ethernet.receiver)))
        }
    }

    /// Makes the kernel know its neighbours, as it does once they have spoken.
    private func meetNeighbours() throws {
        let neighbours =
            zip(node.pods, pods).flatMap { pod, index in pod.addresses.map { ($0, index) } }
            + (lab.nodes[1].host.addresses + lab.router.addresses).map { ($0, uplink) }
        try node.onNode {
            let socket = try NetlinkSocket()
            guard let address = MACAddress(bytes: [2, 0, 0, 0, 0, 1]) else { return }
            for (neighbour, index) in neighbours { try socket.setNeighbour(neighbour, macAddress: address, on: index) }
        }
    }

    /// Serves `count` cluster addresses of each family, all by the second pod, and two node ports.
    func serve(_ count: Int) throws {
        let near = node.pods[1].addresses.map { Backend(endpoint: Endpoint(address: $0, port: 8080), isLocal: true) }
        let far = lab.nodes[1].pods[0].addresses.map {
            Backend(endpoint: Endpoint(address: $0, port: 8080), isLocal: false)
        }
        var services = try (0..<UInt32(count)).map { number in
            Service(
                name: try ServiceName("bench/s\(number)"),
                frontends: lab.families.map {
                    .clusterIP(
                        FrontendAddress(
                            endpoint: Endpoint(address: Self.virtual($0, number), port: 80), transport: .tcp))
                },
                backends: near)
        }
        for (name, port, backends) in [("near", Self.nodePort, near), ("far", Self.farNodePort, far)] {
            services.append(
                Service(
                    name: try ServiceName("bench/\(name)"),
                    frontends: [.nodePort(NodePort(port: port, transport: .tcp))], backends: backends))
        }
        try node.serve(services)
    }

    func program(_ name: String, _ family: AddressFamily) throws -> Program {
        let directory = PinDirectory.live(on: node.bpffs)
        guard let program = DataplaneProgram.all.first(where: { $0.name == name && $0.family == family }) else {
            throw BenchmarkError.broken("no program \(name)")
        }
        return try Program(pinned: directory.program(program))
    }

    /// Those that are not zero, for the message of a case that went wrong.
    func counters() throws -> String {
        try Dataplane(at: node.location, .reading).counters().filter { $0.packets > 0 }
            .map { "\($0.reason)=\($0.packets)" }.joined(separator: " ")
    }

    /// As if nobody had called.
    func forgetConnections() throws {
        let dataplane = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5))))
        _ = try dataplane.connections().delete(matching: ConnectionFilter())
    }
}
