// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import Dataplane
import DataplaneModel
import LinuxSystem

/// A connection table as a busy node may have it: pods as clients, a hundred services, most flows established.
struct SyntheticTable {
    let connections: UInt32

    private static let serviceCount: UInt32 = 100
    /// Entries written at a time: the benchmark's own memory is to stay small.
    private static let chunk: UInt32 = 4096

    static func serviceName(_ number: UInt32) -> String { "bench/service-\(number)" }

    func services() throws -> [Service] {
        try (0..<Self.serviceCount).map { number in
            Service(
                name: try ServiceName(Self.serviceName(number)),
                frontends: [
                    .clusterIP(
                        FrontendAddress(endpoint: Endpoint(address: frontend(number), port: 80), transport: .tcp))
                ],
                backends: [Backend(endpoint: Endpoint(address: backend(number), port: 8080), isLocal: false)])
        }
    }

    private func frontend(_ service: UInt32) -> IPAddress { .v4(0x0a60_0000 + service) }
    private func backend(_ service: UInt32) -> IPAddress { .v4(0x0af4_8000 + service) }

    /// Writes both entries of each connection, as the programs would.
    func write(into directory: PinDirectory) throws {
        let map = try Map<connection_key_v4, connection_v4>(pinned: directory.map(.connections(.v4)))
        let now = MonotonicClock.nanoseconds
        for first in stride(from: 0, to: connections, by: Int(Self.chunk)) {
            var keys: [connection_key_v4] = []
            var values: [connection_v4] = []
            for number in first..<min(connections, first + Self.chunk) {
                let (key, value) = request(number, now)
                let (replyKey, reply) = self.reply(key, value)
                keys += [key, replyKey]
                values += [value, reply]
            }
            try map.updateBatch(keys, values)
        }
    }

    private func request(_ number: UInt32, _ now: UInt64) -> (connection_key_v4, connection_v4) {
        // Of 1000 clients, each with ports of its own for each service.
        let (client, service) = (number % 1000, number / 1000 % Self.serviceCount)
        var key = connection_key_v4()
        key.src.word = (0x0af4_0000 + client).bigEndian
        key.dst.word = frontend(service).networkWord ?? 0
        (key.sport, key.dport) = (
            UInt16(20000 + number / 100_000 * 5000 + number % 4999).bigEndian, UInt16(80).bigEndian
        )
        key.proto = TransportProtocol.tcp.rawValue
        var value = connection_v4()
        (value.created, value.last_seen) = (now - UInt64(number) * 1_000_000 - 1, now - UInt64(number) * 100_000)
        (value.packets, value.bytes) = (UInt64(3 + number % 90), UInt64(180 + number % 70_000))
        (value.src, value.sport) = (key.src, key.sport)
        value.dst.word = backend(service).networkWord ?? 0
        value.dport = UInt16(8080).bigEndian
        value.service_id = service
        value.forward = UInt8(FORWARD_NEIGHBOR.rawValue)
        let established = TCP_SEEN_SYN.rawValue | TCP_SEEN_SYN_ACK.rawValue | TCP_SEEN_ACK.rawValue
        value.tcp_seen = UInt8(established | (number % 50 == 0 ? TCP_SEEN_RESET.rawValue : 0))
        return (key, value)
    }

    private func reply(
        _ key: connection_key_v4, _ value: connection_v4
    ) -> (connection_key_v4, connection_v4) {
        var twin = connection_key_v4()
        (twin.src, twin.sport, twin.dst, twin.dport) = (value.dst, value.dport, value.src, value.sport)
        twin.proto = key.proto
        var reply = value
        (reply.src, reply.sport, reply.dst, reply.dport) = (key.dst, key.dport, key.src, key.sport)
        (reply.packets, reply.bytes) = (value.packets - 1, value.bytes * 9)
        reply.flags |= UInt16(CONNECTION_REPLY.rawValue)
        return (twin, reply)
    }
}
