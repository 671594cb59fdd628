// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@testable import BPFRuntime

@Suite(.needsKernel)
struct MapIterationTests {
    private static func filled(_ type: MapType, _ count: UInt32, room: UInt32? = nil) throws -> Map<UInt32, UInt64> {
        let map = try Map<UInt32, UInt64>(MapTests.create(type, entries: room ?? count))
        try map.updateBatch(Array(0..<count), (0..<count).map { UInt64($0) * 3 })
        return map
    }

    /// All entries as the cursor gives them, each as often as it comes.
    private static func read(
        _ cursor: consuming RawCursor, deleting body: (UInt32) throws -> Void = { _ in }
    ) throws -> [UInt32] {
        var keys: [UInt32] = []
        while try cursor.next() {
            for index in 0..<cursor.count {
                let key = unsafe cursor.buffer.key(at: index).loadUnaligned(as: UInt32.self)
                keys.append(key)
                try body(key)
            }
        }
        return keys
    }

    @Test(arguments: [MapType.hash, .array, .lruHash], [false, true])
    func everyEntryComesOnce(_ type: MapType, byKeys: Bool) throws {
        let map = try Self.filled(type, 20_000, room: type == .lruHash ? 80_000 : nil)
        let keys = try Self.read(RawCursor(map.raw, byKeys: byKeys))
        #expect(keys.sorted() == Array(0..<20_000))
    }

    @Test func valuesBelongToTheirKeys() throws {
        let map = try Self.filled(.hash, 30_000)
        var sum: UInt64 = 0
        var count = 0
        try map.forEachBatch { keys, values in
            for index in keys.indices where values[index] == UInt64(keys[index]) * 3 {
                count += 1
                sum += values[index]
            }
        }
        #expect(count == 30_000)
        #expect(sum == 3 * 29_999 * 30_000 / 2)
        #expect(try map.raw.entryCount() == 30_000)
    }

    @Test func aCursorCanBeLeftAnywhere() throws {
        let map = try Self.filled(.hash, 30_000)
        var cursor = try map.cursor()
        #expect(try cursor.next())
        #expect(cursor.count > 0)
        #expect(cursor.value(at: 0) == UInt64(cursor.key(at: 0)) * 3)
    }

    @Test(arguments: [false, true])
    func anEmptyMapEndsAtOnce(byKeys: Bool) throws {
        let map = try Self.filled(.hash, 0, room: 16)
        #expect(try Self.read(RawCursor(map.raw, byKeys: byKeys)) == [])
    }

    @Test(arguments: [false, true])
    func deletingEachEntryAsItComesLosesNone(byKeys: Bool) throws {
        let map = try Self.filled(.hash, 20_000)
        let keys = try Self.read(RawCursor(map.raw, byKeys: byKeys)) { try map.delete($0) }
        #expect(keys.sorted() == Array(0..<20_000))
        #expect(try map.raw.entryCount() == 0)
    }

    @Test func aWalkByKeysThatIsThrownBackGivesTheRestWithoutRepeating() throws {
        let map = try Self.filled(.hash, 1_000)
        var walk = KeyWalk(map.info)
        var buffer = EntryBuffer(keySize: 4, valueSize: 8, capacity: 7)
        var seen: [UInt32] = []
        while !walk.isFinished {
            let count = try walk.fill(&buffer, from: map.raw)
            let keys = (0..<count).map { unsafe buffer.key(at: $0).loadUnaligned(as: UInt32.self) }
            seen += keys
            // Without the youngest key, the kernel answers the next step with the first key of the map.
            if let youngest = keys.last { try map.delete(youngest) }
        }
        #expect(seen.sorted() == Array(0..<1_000))
    }

    @Test func aWalkByKeysEndsWhenAllItsKeysAreGone() throws {
        let map = try Self.filled(.hash, 100)
        var walk = KeyWalk(map.info)
        var buffer = EntryBuffer(keySize: 4, valueSize: 8, capacity: 50)
        #expect(try walk.fill(&buffer, from: map.raw) == 50)
        try map.deleteBatch(Array(0..<100))
        #expect(try walk.fill(&buffer, from: map.raw) == 0)
        #expect(walk.isFinished)
    }

    @Test func prefixesAreWalkedByKeys() throws {
        struct Prefix: BitwiseCopyable {
            var length: UInt32
            var address: UInt32
        }
        let map = try Map<Prefix, UInt64>(MapTests.create(.lpmTrie, key: 8, entries: 500, flags: 1))
        for index in 0..<500 {
            try map.update(Prefix(length: 32, address: UInt32(index)), UInt64(index))
        }
        var values: [UInt64] = []
        try map.forEach { key, value throws(KernelError) in
            values.append(value)
            try map.delete(key)
        }
        #expect(values.sorted() == (0..<500).map(UInt64.init))
    }

    @Test func aBatchWithOneBucketTooLargeIsReadWithMoreRoom() throws {
        let map = try Self.filled(.hash, 60_000)
        var cursor = try RawCursor(map.raw, capacity: 1)
        var count = 0
        while try cursor.next() { count += cursor.count }
        #expect(count == 60_000)
        #expect(cursor.buffer.capacity > 1)
    }

    @Test func aBatchUpdateStopsAtTheRefusedEntryAndSaysWhere() throws {
        let map = try Map<UInt32, UInt64>(MapTests.create(.hash, entries: 10))
        let detail = KernelError.Detail.partial(done: 10, total: 15)
        #expect(throws: KernelError(.update, "map_hash", .argumentListTooLong, detail: detail)) {
            try map.updateBatch(Array(0..<15), [UInt64](repeating: 1, count: 15))
        }
        #expect(try map.raw.entryCount() == 10)
    }

    @Test func aBatchDeletionPassesOverAbsentKeys() throws {
        let map = try Self.filled(.hash, 10)
        #expect(try map.deleteBatch([100, 0, 1, 101, 102, 2, 9, 103]) == 4)
        #expect(try map.entries().map(\.key).sorted() == [3, 4, 5, 6, 7, 8])
        #expect(try map.deleteBatch([]) == 0)
    }

    @Test func withoutBatchCommandsTheSameIsDoneOneByOne() throws {
        let map = try Map<UInt32, UInt64>(MapTests.create(.hash, entries: 10))
        try map.updateOneByOne([1, 2, 3], [4, 5, 6], .any)
        #expect(try map.lookUp(3) == 6)
        let detail = KernelError.Detail.partial(done: 1, total: 2)
        #expect(throws: KernelError(.update, "map_hash", .exists, detail: detail)) {
            try map.updateOneByOne([9, 1], [0, 0], .create)
        }
        #expect(try map.deleteOneByOne([1, 7, 2]) == 2)
    }

    @Test func aMapTypeWithoutBatchDeletionFallsBackToItsOwnRefusal() throws {
        let map = try Self.filled(.array, 4)
        let detail = KernelError.Detail.partial(done: 0, total: 2)
        #expect(throws: KernelError(.delete, "map_array", .invalidArgument, detail: detail)) {
            try map.deleteBatch([0, 1])
        }
    }

    @Test func aMillionEntriesAreReadInMemoryOfAMegabyte() throws {
        let map = try Self.filled(.hash, 1_000_000)
        var cursor = try map.cursor()
        var count = 0
        while try cursor.next() {
            count += cursor.count
        }
        #expect(count == 1_000_000)
        #expect(cursor.raw.buffer.capacity * (4 + 8) <= 1 << 20)
    }
}
