// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct ConnectionStoreTests {
    /// One connection of every kind, each to the service of number 0, which exists, unless it says otherwise.
    private func sample(_ maps: PinnedMaps) throws -> [ConnectionPair] {
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        var tcp = try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.10:80", to: "10.1.0.2:8080")
        tcp.seen = TCP_SEEN_SYN.rawValue | TCP_SEEN_SYN_ACK.rawValue | TCP_SEEN_ACK.rawValue
        tcp.forward = FORWARD_PEER
        var fresh = try ConnectionPair("tcp,10.1.0.6:40001,10.96.0.10:80", to: "10.1.0.3:8080")
        fresh.seen = TCP_SEEN_SYN.rawValue
        fresh.flags = CONNECTION_CLIENT_SIDE.rawValue
        var udp = try ConnectionPair("udp,10.1.0.5:40000,10.96.0.53:53", to: "10.1.0.9:53")
        udp.service = 9
        var six = try ConnectionPair("tcp,[fd00:1::5]:40000,[fd00:96::a]:80", to: "[fd00:1::2]:8080")
        six.seen = TCP_SEEN_SYN.rawValue | TCP_SEEN_RESET.rawValue
        six.flags = CONNECTION_CONNECT_TIME.rawValue
        let pairs = [tcp, fresh, udp, six]
        try maps.write(pairs)
        return pairs
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

    @Test func aFlowThatAnotherNodeServesHasANodeAndNoBackend() throws {
        let maps = try PinnedMaps()
        var flows = [
            try ConnectionPair("tcp,203.0.113.9:40000,192.0.2.1:30080", via: "192.0.2.2"),
            try ConnectionPair("tcp,[2001:db8:9::9]:40000,[2001:db8::1]:30080", via: "2001:db8::2"),
        ]
        flows[1].flags |= CONNECTION_DSR.rawValue
        try maps.write(flows)
        let store = try ConnectionStore(in: maps.directory)
        let connections = try flows.map { try #require(try store.connection($0.key)) }
        #expect(connections.map(\.backend) == [nil, nil])
        #expect(try connections.map(\.node) == [IPAddress("192.0.2.2"), IPAddress("2001:db8::2")])
        #expect(connections.map(\.flags) == [[.outside, .tunnel], [.outside, .tunnel, .directReturn]])
        #expect(connections.map(\.reply.packets) == [2, 2])
    }

    @Test func whatHasTakenThePlaceOfAReplyStays() throws {
        let maps = try PinnedMaps()
        let old = try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.10:80", to: "10.1.0.2:8080")
        let young = try ConnectionPair("tcp,10.1.0.5:40000,10.96.0.11:80", to: "10.1.0.2:8080")
        try maps.write([old, young])
        let store = try ConnectionStore(in: maps.directory)
        #expect(try store.delete([old.key]) == 1)
        #expect(try #require(try store.connection(young.key)).reply.packets == 2)
    }

    @Test func aServiceIsKnownByItsNameWithAndWithoutPort() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/dns:tcp", ["10.96.0.10:53/tcp"], ["10.1.0.2:53"]))
        let store = try ConnectionStore(in: maps.directory)
        let names = ["default/dns:tcp", "default/dns", "default/dns:udp", "kube-system/dns"]
        #expect(try names.map { try store.knows(ServiceName($0)) } == [true, true, false, false])
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
        #expect(try maps.connections(ConnectionFilter(family: .v6)) == [keys4[3]])
        #expect(try maps.connections(ConnectionFilter(transport: .udp)) == [keys4[2]])
        #expect(try maps.connections(ConnectionFilter(state: .established)) == [keys4[0]])
        let web = ConnectionFilter(service: try ServiceName("default/web"))
        #expect(try maps.connections(web) == [keys4[0], keys4[1], keys4[3]])
        let pod = EndpointFilter(prefix: try Prefix("10.1.0.5/32"))
        #expect(try maps.connections(ConnectionFilter(source: pod)) == [keys4[0], keys4[2]])
        let backend = EndpointFilter(prefix: try Prefix("10.1.0.0/29"), port: 8080)
        #expect(try maps.connections(ConnectionFilter(backend: backend)) == [keys4[0], keys4[1]])
    }

    @Test func deletingTakesBothDirections() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        let deleted = try store.delete(
            matching: ConnectionFilter(source: EndpointFilter(prefix: Prefix("10.1.0.5/32"))))
        #expect(Set(deleted) == [pairs[0].key, pairs[2].key])
        #expect(try maps.connections() == [pairs[1].key, pairs[3].key])
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
        #expect(try maps.connections().count == 2)
    }

    @Test func aConnectionWithoutSocketsHereIsNotReset() throws {
        let maps = try PinnedMaps()
        let pairs = try sample(maps)
        let store = try ConnectionStore(in: maps.directory)
        let report = try store.reset(pairs.map(\.key), until: Deadline(after: .seconds(5)))
        // Of those that are TCP and not reset already.
        #expect(report.notFound == [pairs[0].key, pairs[1].key])
        #expect(report.reset == [])
    }

    @Test func statisticsCountStatesFamiliesAndOrphans() throws {
        let maps = try PinnedMaps(sizes: ["connections_v6": 512])
        _ = try sample(maps)
        var orphan = try ConnectionPair("udp,10.1.0.7:40000,10.96.0.53:53", to: "10.1.0.9:53")
        orphan.isComplete = false
        try maps.write([orphan])
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
