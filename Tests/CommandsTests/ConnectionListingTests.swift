// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering
import Testing

@testable import Commands

@Suite struct ConnectionListingTests {
    /// Source ports tell the connections apart; the lower the port, the older and the smaller.
    private func connection(_ port: UInt16) -> Connection {
        let source = Endpoint(address: .v4(0x0a00_0001), port: port)
        let frontend = Endpoint(address: .v4(0x0a60_000a), port: 80)
        return Connection(
            key: ConnectionKey(transport: .tcp, source: source, destination: frontend), backend: frontend,
            serviceID: 1, service: nil, state: .established, forward: .init(packets: 1, bytes: UInt64(port)),
            age: .seconds(100_000 - Int(port)), idle: .seconds(Int(port) % 7))
    }

    /// The source ports in the order in which a listing prints them.
    private func listed(
        _ ports: some Sequence<UInt16>, order: ConnectionOrder? = nil, limit: Int? = nil
    ) throws -> [UInt16] {
        let sink = MemorySink()
        let renderer = Renderer(options: OutputOptions(format: .name), sink: sink)
        var listing = ConnectionListing(
            order: order, limit: limit, stream: renderer.stream(of: ConnectionRow.self))
        do {
            for port in ports { try listing.add(connection(port)) }
        } catch is ConnectionListing.Complete {}
        try listing.finish()
        return try sink.text.split(separator: "\n").map { try ConnectionKey(words: [String($0)]).source.port }
    }

    @Test func aFewAreSortedByTuple() throws {
        #expect(try listed([30, 10, 20]) == [10, 20, 30])
    }

    @Test func manyPassInTheOrderTheyCome() throws {
        let ports = (1...UInt16(ConnectionListing.sortable + 5)).reversed()
        #expect(try listed(ports) == Array(ports))
    }

    @Test func aLimitHoldsForSortedOnes() throws {
        #expect(try listed([30, 10, 20], limit: 2) == [10, 20])
    }

    @Test func aLimitEndsTheReadingOfMany() throws {
        let ports = (1...UInt16(ConnectionListing.sortable + 5000)).reversed()
        let limit = ConnectionListing.sortable + 100
        #expect(try listed(ports, limit: limit) == Array(ports.prefix(limit)))
    }

    @Test(arguments: [
        (ConnectionOrder.age, [1, 2, 3, 9] as [UInt16]), (.bytes, [9, 3, 2, 1]), (.packets, [1, 2, 3, 9]),
        (.idle, [3, 2, 9, 1]),
    ])
    func anOrderPutsTheLargestFirstAndTiesByTuple(order: ConnectionOrder, expected: [UInt16]) throws {
        #expect(try listed([3, 9, 1, 2], order: order) == expected)
    }

    @Test func theLargestOfManyAreFoundWithoutKeepingAll() throws {
        let ports = 1...UInt16(60_000)
        #expect(try listed(ports, order: .bytes, limit: 3) == [60_000, 59_999, 59_998])
    }

    @Test(arguments: [
        (["tcp,10.0.0.1:5,10.0.0.2:6"], 1), (["tcp", "10.0.0.1:5", "10.0.0.2:6"], 1),
        (["tcp,10.0.0.1:5,10.0.0.2:6", "udp", "[fd00::1]:5", "[fd00::2]:6", "udp,10.0.0.1:5,10.0.0.2:6"], 3),
    ])
    func tuplesAreReadInEitherForm(words: [String], count: Int) throws {
        #expect(try ConnectionSelection.keys(words).count == count)
    }
}
