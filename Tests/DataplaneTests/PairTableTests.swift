// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel
import Testing

@testable import Dataplane

@Suite struct PairTableTests {
    private struct Entry {
        let key: connection_key_v4
        let value: connection_v4
        let isReply: Bool
    }

    /// Both halves of a connection that the number tells from the others.
    private func halves(_ number: UInt32) -> [Entry] {
        var key = connection_key_v4()
        (key.src.word, key.dst.word) = (number &* 0x0101, 7)
        (key.sport, key.dport, key.proto) = (UInt16(truncatingIfNeeded: number), 80, 6)
        var request = connection_v4()
        request.packets = UInt64(number)
        var reply = request
        reply.flags = UInt16(CONNECTION_REPLY.rawValue)
        return [Entry(key: key, value: request, isReply: false), Entry(key: key, value: reply, isReply: true)]
    }

    /// Feeds the entries and returns the numbers of those that found their other half, and of those not kept.
    private func fed(
        _ entries: [Entry], into table: inout PairTable<IPv4ABI>
    ) -> (paired: [UInt64], refused: [UInt64]) {
        var outcome: (paired: [UInt64], refused: [UInt64]) = ([], [])
        for entry in entries {
            let (other, isKept) = table.match(entry.key, entry.value, isReply: entry.isReply)
            if let other {
                #expect(other.packets == entry.value.packets && other.isReply != entry.isReply)
                outcome.paired.append(other.packets)
            } else if !isKept {
                outcome.refused.append(entry.value.packets)
            }
        }
        return outcome
    }

    private func requests(waitingIn table: borrowing PairTable<IPv4ABI>) -> [UInt64] {
        var waiting: [UInt64] = []
        table.forEachRequest { _, value in waiting.append(value.packets) }
        return waiting.sorted()
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func halvesInAnyOrderFindEachOther(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let entries = (0..<2000 as Range<UInt32>).flatMap(halves).shuffled(using: &generator)
        var table = PairTable<IPv4ABI>(entries: 4000)
        let outcome = fed(entries, into: &table)
        #expect(outcome.paired.sorted() == Array(0..<2000))
        #expect(outcome.refused == [])
        #expect(requests(waitingIn: table) == [])
    }

    @Test func aHalfWithoutTheOtherWaits() {
        var table = PairTable<IPv4ABI>(entries: 100)
        let entries = (0..<10 as Range<UInt32>).flatMap { halves($0).prefix($0 % 2 == 0 ? 2 : 1) }
        #expect(fed(entries, into: &table).paired == [0, 2, 4, 6, 8])
        #expect(requests(waitingIn: table) == [1, 3, 5, 7, 9])
    }

    @Test func whatDoesNotFitIsRefusedAndTheRestStillFindsEachOther() {
        var table = PairTable<IPv4ABI>(entries: 16)
        let all = (0..<40 as Range<UInt32>).map(halves)
        let first = fed(all.map { $0[0] }, into: &table)
        #expect(first.paired == [])
        #expect(first.refused == Array(16..<40))
        #expect(fed(all.prefix(16).map { $0[1] }, into: &table).paired == Array(0..<16))
        #expect(fed(all.suffix(16).flatMap(\.self), into: &table).paired == Array(24..<40))
    }
}

/// SplitMix64: the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
