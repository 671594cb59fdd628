// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import Testing

@testable import Dataplane

/// A pair of entries of the connection table to write, as the programs would.
struct ConnectionPair {
    var key: ConnectionKey
    var backend: Endpoint
    var service: UInt32 = 0
    var seen: UInt32 = 0
    var flags: UInt32 = 0
    var forward = FORWARD_STACK
    var nextHop: IPAddress?
    /// Since the last packet: of the request's entry, then of the reply's.
    var idle: (request: Duration, reply: Duration) = (.seconds(1), .seconds(1))
    var sent: (packets: UInt64, bytes: UInt64) = (3, 300)
    var answered: (packets: UInt64, bytes: UInt64) = (2, 2000)
    var isComplete = true

    /// - Parameters:
    ///   - text: the tuple, as `conntrack list -o name` writes it.
    ///   - backend: what the client's packets are sent to.
    init(_ text: String, to backend: String) throws {
        key = try ConnectionKey(words: [text])
        self.backend = try Endpoint(backend)
    }

    /// As above, for a flow that another node serves: nothing is translated.
    init(_ text: String, via node: String) throws {
        key = try ConnectionKey(words: [text])
        backend = key.destination
        flags = CONNECTION_OUTSIDE.rawValue | CONNECTION_TUNNEL.rawValue
        forward = FORWARD_TUNNEL
        nextHop = try IPAddress(node)
    }
}

extension PinnedMaps {
    /// Writes both entries of each pair; only the request's of one that is not complete.
    func write(_ pairs: [ConnectionPair]) throws {
        for pair in pairs {
            switch pair.key.family {
            case .v4: try write(pair, connection_key_v4.self, connection_v4.self)
            case .v6: try write(pair, connection_key_v6.self, connection_v6.self)
            }
        }
    }

    private func write<Key: ConnectionKeyABI & BitwiseCopyable, Value: ConnectionABI & BitwiseCopyable>(
        _ pair: ConnectionPair, _: Key.Type, _: Value.Type
    ) throws where Key.Address: AddressABI, Value.Address == Key.Address {
        let map = try Map<Key, Value>(pinned: directory.map(.connections(pair.key.family)))
        let key = try #require(Key(pair.key))
        let now = MonotonicClock.nanoseconds
        func ago(_ duration: Duration) -> UInt64 { now - UInt64(duration.components.seconds) * 1_000_000_000 }
        var value = Value()
        (value.created, value.last_seen) = (ago(pair.idle.request + .seconds(4)), ago(pair.idle.request))
        (value.service_id, value.tcp_seen) = (pair.service, UInt8(pair.seen))
        (value.src, value.sport) = (key.src, key.sport)
        (value.dst, value.dport) = (try #require(Key.Address(pair.backend.address)), pair.backend.port.bigEndian)
        if let nextHop = pair.nextHop { value.next_hop = try #require(Key.Address(nextHop)) }
        (value.packets, value.bytes) = pair.sent
        value.flags = UInt16(pair.flags)
        value.forward = UInt8(pair.forward.rawValue)
        try map.update(key, value)
        guard pair.isComplete else { return }
        let twin = key.twin(value)
        (value.src, value.sport, value.dst, value.dport) = (key.dst, key.dport, key.src, key.sport)
        (value.packets, value.bytes) = pair.answered
        value.last_seen = ago(pair.idle.reply)
        value.flags |= UInt16(CONNECTION_REPLY.rawValue)
        try map.update(twin, value)
    }

    /// The tuples of the connections there are.
    func connections(_ filter: ConnectionFilter = ConnectionFilter()) throws -> Set<ConnectionKey> {
        var keys: Set<ConnectionKey> = []
        try ConnectionStore(in: directory).forEach(matching: filter) { keys.insert($0.key) }
        return keys
    }

    /// The entries of a family's connection table, both directions counted.
    func entryCount(_ family: AddressFamily) throws -> Int {
        try RawMap(pinned: directory.map(.connections(family))).entryCount()
    }
}
