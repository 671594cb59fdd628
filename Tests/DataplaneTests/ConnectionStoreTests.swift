// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ConnectionStoreTests {
    /// A pair of entries to write, as the programs would.
    private struct Pair {
        var key: ConnectionKey
        var backend: Endpoint
        var service: UInt32 = 0
        var seen: UInt32 = 0
        var flags: UInt32 = 0
        var forward = FORWARD_STACK
        var sent: (packets: UInt64, bytes: UInt64) = (3, 300)
        var answered: (packets: UInt64, bytes: UInt64) = (2, 2000)
        var isComplete = true
    }

    private func pair(_ text: String, to backend: String) throws -> Pair {
        Pair(key: try ConnectionKey(words: [text]), backend: try Endpoint(backend))
    }

    private func write(_ pairs: [Pair], _ maps: PinnedMaps) throws {
        for pair in pairs {
            switch pair.key.family {
            case .v4: try write(pair, maps, connection_key_v4.self, connection_v4.self)
            case .v6: try write(pair, maps, connection_key_v6.self, connection_v6.self)
            }
        }
    }

    private func write<Key: ConnectionKeyABI & BitwiseCopyable, Value: ConnectionABI & BitwiseCopyable>(
        _ pair: Pair, _ maps: PinnedMaps, _: Key.Type, _: Value.Type
    ) throws where Key.Address: AddressABI, Value.Address == Key.Address {
        let map = try Map<Key, Value>(pinned: maps.directory.map(.connections(pair.key.family)))
        let key = try #require(Key(pair.key))
        let now = MonotonicClock.nanoseconds
        var value = Value()
        (value.created, value.last_seen) = (now - 5_000_000_000, now - 1_000_000_000)
        (value.service_id, value.tcp_seen) = (pair.service, UInt8(pair.seen))
        (value.src, value.sport) = (key.src, key.sport)
        (value.dst, value.dport) = (try #require(Key.Address(pair.backend.address)), pair.backend.port.bigEndian)
        (value.packets, value.bytes) = pair.sent
        value.flags = UInt16(pair.flags)
        value.forward = UInt8(pair.forward.rawValue)
        try map.update(key, value)
        guard pair.isComplete else { return }
        let twin = key.twin(value)
        (value.src, value.sport, value.dst, value.dport) = (key.dst, key.dport, key.src, key.sport)
        (value.packets, value.bytes) = pair.answered
        value.flags |= UInt16(CONNECTION_REPLY.rawValue)
        try map.update(twin, value)
    }

    /// One connection of every kind, each to the service of number 0, which exists, unless it says otherwise.
    private func sample(_ maps: PinnedMaps) throws -> [Pair] {
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        var tcp = try pair("tcp,10.1.0.5:40000,10.96.0.10:80", to: "10.1.0.2:8080")
        tcp.seen = TCP_SEEN_SYN.rawValue | TCP_SEEN_SYN_ACK.rawValue | TCP_SEEN_ACK.rawValue
        tcp.forward = FORWARD_PEER
        var fresh = try pair("tcp,10.1.0.6:40001,10.96.0.10:80", to: "10.1.0.3:8080")
        fresh.seen = TCP_SEEN_SYN.rawValue
        fresh.flags = CONNECTION_CLIENT_SIDE.rawValue
        var udp = try pair("udp,10.1.0.5:40000,10.96.0.53:53", to: "10.1.0.9:53")
        udp.service = 9
        var six = try pair("tcp,[fd00:1::5]:40000,[fd00:96::a]:80", to: "[fd00:1::2]:8080")
        six.seen = TCP_SEEN_SYN.rawValue | TCP_SEEN_RESET.rawValue
        six.flags = CONNECTION_CONNECT_TIME.rawValue
        let pairs = [tcp, fresh, udp, six]
        try write(pairs, maps)
        return pairs
    }

    private func keys(_ maps: PinnedMaps, _ filter: ConnectionFilter = ConnectionFilter()) throws -> Set<ConnectionKey>
    {
        var keys: Set<ConnectionKey> = []
        try ConnectionStore(in: maps.directory).forEach(matching: filter) { keys.insert($0.key) }
        return keys
    }

    @Test func aPairIsOneConnectionWithBothDirections() throws {
        let maps = try PinnedMaps()
        let tcp = try sample(maps)[0]
        let store = try ConnectionStore(in: maps.directory)
        var connection = try #require(try store.connection(tcp.key))
        let (age, idle) = (try #require(connection.age), connection.idle)
        #expect(age >= .seconds(5) && age < .seconds(10))
        #expect(idle >= .seconds(1) && idle < .seconds(6))
        (connection.age, connection.idle) = (nil, .zero)
        let expected = Connection(
            key: tcp.key, backend: tcp.backend, serviceID: 0, service: try ServiceName("default/web"),
            state: .established, forward: .init(packets: 3, bytes: 300), reply: .init(packets: 2, bytes: 2000),
            flags: .localBackend)
        #expect(connection == expected)
    }

    @Test func flagsAndStatesAreTranslated() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        let connections = try pairs.map { try #require(try store.connection($0.key)) }
        #expect(connections.map(\.flags) == [.localBackend, .hostStack, [], .connectTime])
        #expect(connections.map(\.state) == [.established, .synSent, nil, .reset])
        #expect(connections.map { $0.service?.text } == ["default/web", "default/web", nil, "default/web"])
    }

    @Test func aReplysTupleIsNoConnection() throws {
        let maps = try PinnedMaps()
        _ = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        #expect(try store.connection(ConnectionKey(words: ["tcp,10.1.0.2:8080,10.1.0.5:40000"])) == nil)
        #expect(try store.connection(ConnectionKey(words: ["tcp,10.1.0.5:40009,10.96.0.10:80"])) == nil)
    }

    @Test func everyConnectionIsSeenOnce() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        var seen: [ConnectionKey] = []
        try ConnectionStore(in: maps.directory).forEach(matching: ConnectionFilter()) { seen.append($0.key) }
        #expect(seen.sorted() == pairs.map(\.key).sorted())
    }

    @Test func aFilterSelects() throws {
        let maps = try PinnedMaps()
        let keys4 = try sample(maps).map(\.key)
        #expect(try keys(maps, ConnectionFilter(family: .v6)) == [keys4[3]])
        #expect(try keys(maps, ConnectionFilter(transport: .udp)) == [keys4[2]])
        #expect(try keys(maps, ConnectionFilter(state: .established)) == [keys4[0]])
        #expect(
            try keys(maps, ConnectionFilter(service: ServiceName("default/web"))) == [keys4[0], keys4[1], keys4[3]])
        let pod = EndpointFilter(prefix: try Prefix("10.1.0.5/32"))
        #expect(try keys(maps, ConnectionFilter(source: pod)) == [keys4[0], keys4[2]])
        let backend = EndpointFilter(prefix: try Prefix("10.1.0.0/29"), port: 8080)
        #expect(try keys(maps, ConnectionFilter(backend: backend)) == [keys4[0], keys4[1]])
    }

    @Test func deletingTakesBothDirections() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        let deleted = try store.delete(
            matching: ConnectionFilter(source: EndpointFilter(prefix: Prefix("10.1.0.5/32"))))
        #expect(Set(deleted) == [pairs[0].key, pairs[2].key])
        #expect(try keys(maps) == [pairs[1].key, pairs[3].key])
        let statistics = try store.statistics()
        #expect(statistics.families.map(\.entries) == [2, 2])
        #expect(statistics.orphans == 0)
    }

    @Test func deletingWhatIsGoneCountsNothing() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        #expect(try store.delete([pairs[0].key, pairs[3].key]) == 2)
        #expect(try store.delete([pairs[0].key, pairs[3].key]) == 0)
        let reply = try ConnectionKey(words: ["tcp,10.1.0.3:8080,10.1.0.6:40001"])
        #expect(try store.delete([reply]) == 0)
        #expect(try keys(maps).count == 2)
    }

    @Test func statisticsCountStatesFamiliesAndOrphans() throws {
        let maps = try PinnedMaps(sizes: ["connections_v6": 512])
        _ = try sample(maps)
        var orphan = try pair("udp,10.1.0.7:40000,10.96.0.53:53", to: "10.1.0.9:53")
        orphan.isComplete = false
        try write([orphan], maps)
        let statistics = try ConnectionStore(in: maps.directory).statistics()
        #expect(statistics.connections == 5)
        #expect(statistics.tcp == [.established: 1, .synSent: 1, .reset: 1])
        #expect(statistics.udp == 2)
        #expect(statistics.orphans == 1)
        #expect(statistics.families.map(\.family) == [.v4, .v6])
        #expect(statistics.families.map(\.capacity) == [256, 512])
        #expect(statistics.families.map(\.entries) == [7, 2])
    }

    @Test(arguments: [
        (UInt32(0), TCPState.synSent), (0x01, .synSent), (0x03, .synSent), (0x07, .established), (0x0f, .finSeen),
        (0x17, .finSeen), (0x1f, .closed), (0x3f, .reset), (0x21, .reset),
    ])
    func aStateFollowsFromTheSegmentsSeen(seen: UInt32, state: TCPState) {
        #expect(TCPState(seen: UInt8(seen)) == state)
    }
}
