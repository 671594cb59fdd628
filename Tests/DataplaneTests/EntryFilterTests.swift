// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

/// The filter on raw entries against the filter on decoded connections.
@Suite(.needsKernel) struct EntryFilterTests {
    private static let sources = ["10.1.0.5:40000", "10.1.0.6:40001", "10.2.0.5:40000", "10.1.128.9:40002"]
    private static let sources6 = ["[fd00:1::5]:40000", "[fd00:1:0:1::5]:40001", "[fd00:2::5]:40000"]
    private static let states: [UInt32] = [0x01, 0x07, 0x0f, 0x1f, 0x21]

    /// One connection of each combination; of every third, another node's, without service, of a service that is gone.
    private static func pairs() throws -> [ConnectionPair] {
        var pairs: [ConnectionPair] = []
        for (number, seen) in states.enumerated() {
            for (index, source) in (sources + sources6).enumerated() {
                let isV6 = source.hasPrefix("[")
                let frontend = isV6 ? "[fd00:96::a]:\(80 + number)" : "10.96.0.10:\(80 + number)"
                let proto = index % 2 == 0 ? "tcp" : "udp"
                let tuple = "\(proto),\(source),\(frontend)"
                var pair =
                    index % 3 == 0
                    ? try ConnectionPair(tuple, via: isV6 ? "2001:db8::2" : "192.0.2.2")
                    : try ConnectionPair(tuple, to: isV6 ? "[fd00:1::2]:8080" : "10.1.0.2:8080")
                pair.seen = seen
                pair.service = number == 3 ? 9 : 0
                if number == 4 { pair.flags |= CONNECTION_NO_SERVICE.rawValue }
                pair.isComplete = index != 2
                pairs.append(pair)
            }
        }
        return pairs
    }

    private static func filters() throws -> [ConnectionFilter] {
        func place(_ text: String?, _ port: UInt16? = nil) throws -> EndpointFilter {
            EndpointFilter(prefix: try text.map { try Prefix($0) }, port: port)
        }
        var filters = [
            ConnectionFilter(), ConnectionFilter(family: .v6), ConnectionFilter(transport: .udp),
            ConnectionFilter(destination: try place(nil, 82)),
            ConnectionFilter(source: try place("10.1.0.0/16"), destination: try place("fd00::/16")),
            ConnectionFilter(service: try ServiceName("default/web")),
            ConnectionFilter(service: try ServiceName("default/web:other")),
            ConnectionFilter(transport: .tcp, source: try place(nil, 40000), state: .established),
        ]
        filters += TCPState.allCases.map { ConnectionFilter(state: $0) }
        for prefix in [
            "0.0.0.0/0", "10.1.0.0/16", "10.1.0.0/17", "10.1.0.5/32", "10.1.0.4/31", "::/0", "fd00:1::/32",
            "fd00:1::/64", "fd00:1::5/128", "fd00:1::4/127", "fd00::/15",
        ] {
            filters.append(ConnectionFilter(source: try place(prefix)))
            filters.append(ConnectionFilter(backend: try place(prefix, 8080)))
        }
        return filters
    }

    @Test func entriesAreChosenAsTheirConnectionsWouldBe() throws {
        let maps = try PinnedMaps()
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
        try maps.write(try Self.pairs())
        let store = try ConnectionStore(in: maps.directory)
        var all: [Connection] = []
        try store.forEach(matching: ConnectionFilter()) { all.append($0) }
        #expect(all.count == 35)
        var chosen = 0
        for filter in try Self.filters() {
            var keys: [ConnectionKey] = []
            try store.forEach(matching: filter) { keys.append($0.key) }
            #expect(keys.sorted() == all.filter(filter.matches).map(\.key).sorted(), "\(filter)")
            chosen += keys.count
        }
        #expect(chosen > 200)
    }
}
