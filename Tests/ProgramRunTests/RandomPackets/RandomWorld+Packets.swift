// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder
import PacketFuzz

@testable import Dataplane

/// The packets that others are made from, and those that flows begin with.
extension RandomWorld {
    private static let segmentSizes: [[UInt8]] = [
        [2, 4, 5, 0xb4, 1, 3, 3, 7], [1, 2, 4, 5, 0xb4, 1, 1, 0],
        [8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 2, 4, 0xff, 0xff, 0, 0],
        [2, 4, 0, 200],
    ]

    func templates() -> [Template] {
        let isV4 = bench.family == .v4
        return packets().map { Template($0, isV4: isV4) }
    }

    private func packets() -> [[UInt8]] {
        let cast = self.cast
        let client = Endpoint(address: cast.client, port: 40000)
        let stranger = Endpoint(address: cast.stranger, port: 40000)
        let node = Endpoint(address: cast.node, port: 40000)
        let backend = Endpoint(address: cast.local, port: 8080)
        let far = Endpoint(address: cast.remote, port: 8080)
        var pairs = frontends.flatMap { [(client, $0), (node, $0)] }
        pairs += outside.flatMap { [(stranger, $0), (Endpoint(address: cast.gateway, port: 40000), $0), (client, $0)] }
        pairs += outside.map { (stranger, Endpoint(address: cast.otherNode, port: $0.port)) }
        pairs += [backend, far].flatMap { source in [client, stranger, node].map { (source, $0) } }
        // Neither end is known in any role, or both are pods, or an address is none of a host.
        pairs += [
            (Endpoint(address: cast.gateway, port: 1), Endpoint(address: cast.unreachable, port: 2)),
            (client, backend), (client, far), (far, backend),
            (Endpoint(address: cast.node, port: 30084), stranger), (Endpoint(address: cast.node, port: 30084), client),
            (client, Endpoint(address: .of(bench.family == .v4 ? "0.0.0.0" : "::"), port: 30080)),
            (stranger, Endpoint(address: cast.node, port: EnableOptions.defaultOverlayPort)),
        ]
        var packets = pairs.flatMap { plain($0, $1) }
        // The fourth frontend has no backends.
        let fanciers = [(client, frontends[0]), (client, frontends[3]), (stranger, outside[0]), (backend, client)]
        for (source, destination) in fanciers { packets += fancy(source, destination) }
        packets += outside.map { wide(stranger, $0) }
        return packets + strange()
    }

    /// What comes all the time.
    private func plain(_ source: Endpoint, _ destination: Endpoint) -> [[UInt8]] {
        let outer = Ethernet() / IP(source.address, destination.address)
        let inner = Ethernet() / IP(destination.address, source.address)
        let (from, to) = (source.port, destination.port)
        var packets: [Packet] = [
            outer / TCP(from, to, .syn) / "data", outer / TCP(from, to, .ack) / "some more data",
            outer / TCP(from, to, [.syn, .ack]), outer / TCP(from, to, [.fin, .ack]), outer / TCP(from, to, .reset),
            outer / UDP(from, to) / "some data", outer / UDP(from, to) / "odd",
        ]
        packets += Self.segmentSizes.map { outer / TCP(from, to, .syn, options: $0) }
        packets += ICMP.Error.allCases.flatMap { error in
            [UDP(to, from) as any Layer, TCP(to, from, .ack)].map {
                outer / ICMP(bench.family, error, mtu: 1400) / Quote(inner / $0 / "data") / "more"
            }
        }
        return packets.map(\.bytes)
    }

    /// Options, extension headers, fragments.
    private func fancy(_ source: Endpoint, _ destination: Endpoint) -> [[UInt8]] {
        let segments: [any Layer] = [
            TCP(source.port, destination.port, .syn), TCP(source.port, destination.port, .ack),
            UDP(source.port, destination.port), UDP(source.port, destination.port, checksum: .absent),
        ]
        return segments.flatMap { segment in
            switch bench.family {
            case .v4: fancyV4(source.address, destination.address, segment)
            case .v6: fancyV6(source.address, destination.address, segment)
            }
        }
    }

    private func fancyV4(_ source: IPAddress, _ destination: IPAddress, _ segment: any Layer) -> [[UInt8]] {
        let fields: [(fragment: UInt16, options: [UInt8], total: UInt16?)] = [
            (0x4000, [1, 1, 1, 0], nil), (0x4000, [UInt8](repeating: 1, count: 40), nil), (0x4000, [], 0),
            (0x2000, [], nil), (0x2000, [1, 1, 1, 0], nil), (0x2003, [], nil), (0x0003, [], nil), (0, [], nil),
        ]
        return fields.map { field in
            var header = IPv4(source, destination)
            (header.fragment, header.options, header.totalLength) = (field.fragment, field.options, field.total)
            return (Ethernet() / header / segment / "some data in pieces").bytes
        }
    }

    private func fancyV6(_ source: IPAddress, _ destination: IPAddress, _ segment: any Layer) -> [[UInt8]] {
        let outer = Ethernet() / IP(source, destination)
        func fragment(_ field: UInt8) -> Extension { Extension(kind: 44, body: [0, 0, field, 1, 2, 3, 4]) }
        var packets = [UInt8(0), 43, 60, 51, 135].map { outer / Extension(kind: $0) / segment / "data" }
        packets.append(outer / Extension(kind: 43, body: [0, 0, 0, 0, 0, 0, 0]) / segment / "data")
        packets += [UInt8(0), 1, 8, 9].flatMap {
            [
                outer / fragment($0) / segment / "some data in pieces",
                outer / Extension(kind: 60) / fragment($0) / segment / "some data in pieces",
            ]
        }
        // More than an ICMP error quotes.
        packets.append(outer / Extension(kind: 60, body: [7, 1, 60] + [UInt8](repeating: 0, count: 60)) / segment)
        packets.append((0..<8).reduce(outer) { packet, _ in packet / Extension(kind: 60) } / segment)
        var jumbo = IPv6(source, destination)
        jumbo.payloadLength = 0
        packets.append(Ethernet() / jumbo / segment / "data")
        return packets.map(\.bytes)
    }

    /// Does not fit the overlay, and may not be cut.
    private func wide(_ source: Endpoint, _ destination: Endpoint) -> [UInt8] {
        (Ethernet() / IP(source.address, destination.address) / UDP(source.port, destination.port)
            / Raw([UInt8](repeating: 0x61, count: 1440))).bytes
    }

    /// Of no flow whatever the addresses.
    private func strange() -> [[UInt8]] {
        let outer = Ethernet() / IP(cast.client, cast.secondVirtual)
        let other = Cast(bench.family == .v4 ? .v6 : .v4)
        let echo: UInt8 = bench.family == .v4 ? 8 : 128
        var packets = [1, 2, 47, 50, 58, 132, 255].map { outer / Raw([UInt8](repeating: 80, count: 30), number: $0) }
        packets.append(outer / ICMP(bench.family, type: echo) / "echo")
        packets.append(Ethernet() / IP(other.client, other.secondVirtual) / TCP(40000, 80, .syn))
        for type: UInt16 in [0x0806, 0x8100, 0x88a8, 0x0004, 0xffff] {
            packets.append(Ethernet(type: type) / Raw([UInt8](repeating: 1, count: 60)))
        }
        return packets.map(\.bytes)
    }

    /// The flows that a batch begins with, by all hooks where flows begin.
    func prelude() -> [(place: Circumstance, packet: [UInt8])] {
        let cast = self.cast
        let pod = Circumstance(.fromWorkload, at: bench.node.pods[0])
        let uplink = Circumstance(.fromUplink, at: bench.node.uplink)
        let host = Circumstance(.toUplink, at: bench.node.uplink)
        var overlay = Circumstance(.fromOverlay, at: bench.node.uplink)
        overlay.sender = Address(cast.otherNode)
        var items: [(place: Circumstance, packet: [UInt8])] = []
        func open(_ place: Circumstance, _ source: IPAddress, _ destination: Endpoint) {
            for port: UInt16 in [40000, 40001] {
                for transport in [TransportProtocol.tcp, .udp] {
                    let packet =
                        Ethernet() / IP(source, destination.address) / Segment(transport, port, destination.port)
                        / "data"
                    items.append((place, packet.bytes))
                }
            }
        }
        for frontend in frontends {
            open(pod, cast.client, frontend)
            open(host, cast.node, frontend)
        }
        for frontend in outside {
            open(uplink, cast.stranger, frontend)
            open(uplink, cast.gateway, frontend)
            open(overlay, cast.unreachable, Endpoint(address: cast.otherNode, port: frontend.port))
        }
        return items
    }

    /// Where a hook's packets are, the usual place first.
    func places(of hook: Hook) -> [Circumstance] {
        let (pods, uplink) = (bench.node.pods, bench.node.uplink)
        let isUplink = hook == .fromUplink || hook == .toUplink || hook == .fromOverlay
        var usual = Circumstance(hook, at: isUplink ? uplink : pods[0])
        if hook == .toWorkload { usual.ingress = uplink }
        if hook == .toUplink { usual.ingress = pods[0] }
        if hook == .fromOverlay { usual.sender = Address(cast.otherNode) }
        func varied(_ change: (inout Circumstance) -> Void) -> Circumstance {
            var place = usual
            change(&place)
            return place
        }
        var places = [
            usual, varied { $0.segmentSize = 1400 }, varied { $0.isTagged = true }, varied { $0.isDone = true },
        ]
        switch hook {
        case .fromWorkload: places.append(varied { $0.interface = pods[1] })
        case .toWorkload: places += [varied { $0.ingress = 0 }, varied { $0.interface = pods[1] }]
        case .fromUplink: break
        case .toUplink: places += [varied { $0.ingress = 0 }, varied { $0.ingress = uplink }]
        case .fromOverlay:
            places += [
                varied { $0.sender = nil }, varied { $0.isForeignNetwork = true },
                varied { ($0.sender, $0.isSenderKnown) = (Address(cast.gateway), false) },
            ]
        }
        // Kernels that cannot be told have it all come from the node itself.
        guard !KernelAbility.ingressOfRuns else { return places }
        return places.map { place in
            var place = place
            place.ingress = 0
            return place
        }
    }
}
