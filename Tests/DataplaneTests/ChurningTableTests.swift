// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import Foundation
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import Dataplane

/// Listing a connection table while somebody else writes and deletes entries all the time.
@Suite(.needsKernel) struct ChurningTableTests {
    private static let size: UInt32 = 65_536
    /// Connections that stay, and those that come and go.
    private static let steady: UInt32 = 8000
    private static let fleeting: UInt32 = 4000

    private final class Churn: Sendable {
        let isWanted = Atomic(true)
        let isOver = Atomic(false)
        let rounds = Atomic(0)
    }

    private static func key(_ number: UInt32) -> connection_key_v4 {
        var key = connection_key_v4()
        key.src.word = (0x0a01_0000 + number).bigEndian
        key.dst.word = UInt32(0x0a60_000a).bigEndian
        (key.sport, key.dport, key.proto) = (UInt16(40_000).bigEndian, UInt16(80).bigEndian, 6)
        return key
    }

    private static func pair(
        _ number: UInt32
    ) -> (keys: [connection_key_v4], values: [connection_v4]) {
        let key = key(number)
        var request = connection_v4()
        (request.src, request.sport) = (key.src, key.sport)
        request.dst.word = UInt32(0x0a02_0002).bigEndian
        request.dport = UInt16(8080).bigEndian
        (request.created, request.last_seen, request.packets) = (1, 1, UInt64(number))
        var reply = request
        (reply.src, reply.sport, reply.dst, reply.dport) = (key.dst, key.dport, key.src, key.sport)
        reply.flags = UInt16(CONNECTION_REPLY.rawValue)
        return ([key, key.twin(request)], [request, reply])
    }

    @Test func eachSteadyConnectionComesOnceAndNoneTwice() throws {
        let maps = try PinnedMaps(sizes: ["connections_v4": Self.size])
        let path = maps.directory.map(.connections(.v4))
        let map = try Map<connection_key_v4, connection_v4>(pinned: path)
        for number in 0..<Self.steady {
            let (keys, values) = Self.pair(number)
            try map.updateBatch(keys, values)
        }
        let churn = Churn()
        let store = try ConnectionStore(in: maps.directory)
        let pairs = (Self.steady..<Self.steady + Self.fleeting).map(Self.pair)
        let (keys, values) = (pairs.flatMap(\.keys), pairs.flatMap(\.values))
        let writer = Thread {
            if let map = try? Map<connection_key_v4, connection_v4>(pinned: path) {
                while churn.isWanted.load(ordering: .relaxed) {
                    _ = try? map.updateBatch(keys, values)
                    _ = try? map.deleteBatch(keys)
                    churn.rounds.add(1, ordering: .relaxed)
                }
            }
            churn.isOver.store(true, ordering: .releasing)
        }
        writer.start()
        defer {
            churn.isWanted.store(false, ordering: .relaxed)
            while !churn.isOver.load(ordering: .acquiring) { sched_yield() }
        }
        let deadline = Deadline(after: .seconds(60))
        while churn.rounds.load(ordering: .relaxed) < 2, !deadline.hasPassed { sched_yield() }
        for _ in 0..<20 {
            var seen: [UInt64: Int] = [:]
            var last: UInt64 = 0
            try store.forEach(matching: ConnectionFilter()) { connection in
                last = connection.forward.packets
                seen[last, default: 0] += 1
            }
            #expect(seen.values.allSatisfy { $0 == 1 })
            #expect((0..<UInt64(Self.steady)).allSatisfy { seen[$0] == 1 })
        }
        #expect(churn.rounds.load(ordering: .relaxed) > 2)
    }
}
