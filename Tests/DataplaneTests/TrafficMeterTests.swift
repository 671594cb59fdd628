// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import TestSupport
import Testing

@testable import Dataplane

@Suite(.needsKernel) struct TrafficMeterTests {
    private let maps: PinnedMaps
    private let web: ServiceName

    init() throws {
        maps = try PinnedMaps()
        web = try ServiceName("default/web")
        try maps.apply(Service("default/web", ["10.96.0.10:80/tcp"], ["10.1.0.2:8080"]))
    }

    private func pair(_ port: Int, sent: UInt64, answered: UInt64) throws -> ConnectionPair {
        var pair = try ConnectionPair("tcp,10.1.0.5:\(port),10.96.0.10:80", to: "10.1.0.2:8080")
        (pair.sent, pair.answered) = ((sent, sent * 100), (answered, answered * 1000))
        return pair
    }

    private func look(_ meter: inout TrafficMeter, _ family: AddressFamily? = nil) throws -> TrafficReading {
        try meter.look(in: ConnectionStore(in: maps.directory), family)
    }

    @Test func theFirstLookCountsConnectionsAndNoTraffic() throws {
        try maps.write([pair(40_000, sent: 5, answered: 4)])
        var meter = TrafficMeter()
        let reading = try look(&meter)
        #expect(reading.elapsed == nil)
        var expected = ServiceActivity()
        expected.connections = 1
        #expect(reading.services == [web: expected])
    }

    @Test func theNextLookTellsWhatCameSinceInBothDirections() throws {
        var meter = TrafficMeter()
        var steady = try pair(40_000, sent: 5, answered: 4)
        try maps.write([steady, pair(40_001, sent: 50, answered: 50)])
        _ = try look(&meter)
        let created = try ConnectionStore(in: maps.directory).v4.map.entries()
        (steady.sent, steady.answered) = ((7, 700), (5, 5000))
        try maps.count(steady, like: created)
        try maps.write([pair(40_002, sent: 3, answered: 2)])
        let reading = try look(&meter)
        #expect(try #require(reading.elapsed) > .zero)
        let web = try #require(reading.services[web])
        #expect(web.connections == 3)
        #expect(web.opened == 1)
        // Two and one more on the first connection, three and two on the new one.
        #expect(web.traffic == Connection.Traffic(packets: 8, bytes: 3500))
    }

    @Test func whatIsGoneCountsNothing() throws {
        var meter = TrafficMeter()
        let pair = try pair(40_000, sent: 5, answered: 4)
        try maps.write([pair])
        _ = try look(&meter)
        #expect(try ConnectionStore(in: maps.directory).delete([pair.key]) == 1)
        #expect(try look(&meter).services == [:])
    }

    @Test func plainTrafficAndTheOtherFamilyBelongToNoService() throws {
        var plain = try pair(40_000, sent: 5, answered: 4)
        plain.flags = CONNECTION_NO_SERVICE.rawValue
        try maps.write([plain, pair(40_001, sent: 1, answered: 1)])
        var (all, six) = (TrafficMeter(), TrafficMeter())
        #expect(try look(&all).services[web]?.connections == 1)
        #expect(try look(&six, .v6).services == [:])
    }
}

extension PinnedMaps {
    /// Writes a pair's counts into its entries, which stay the same connection.
    fileprivate func count(
        _ pair: ConnectionPair, like entries: [(key: connection_key_v4, value: connection_v4)]
    ) throws {
        let store = try ConnectionStore(in: directory)
        let key = try #require(connection_key_v4(pair.key))
        for (entryKey, value) in entries {
            var value = value
            if entryKey.isEqual(to: key) {
                (value.packets, value.bytes) = pair.sent
            } else if value.leads(backTo: key) {
                (value.packets, value.bytes) = pair.answered
            } else {
                continue
            }
            try store.v4.map.update(entryKey, value)
        }
    }
}
