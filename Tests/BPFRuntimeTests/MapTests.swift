// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@Suite(.needsKernel)
struct MapTests {
    struct Pair: BitwiseCopyable, Equatable {
        var first: UInt32
        var second: UInt32
    }

    static func create(
        _ type: MapType, key: Int = 4, value: Int = 8, entries: UInt32 = 64, flags: UInt32 = 0
    ) throws -> RawMap {
        let name = "map_\(type.name)"
        return try RawMap(
            creating: MapDefinition(name: name, type: type, keySize: key, valueSize: value, maxEntries: entries),
            flags: flags)
    }

    @Test func entriesAreWrittenReadAndDeleted() throws {
        let map = try Map<UInt32, Pair>(Self.create(.hash))
        #expect(try map.lookUp(1) == nil)
        try map.update(1, Pair(first: 2, second: 3))
        #expect(try map.lookUp(1) == Pair(first: 2, second: 3))
        try map.update(1, Pair(first: 4, second: 5))
        #expect(try map.lookUp(1) == Pair(first: 4, second: 5))
        #expect(try map.delete(1))
        #expect(try map.delete(1) == false)
        #expect(try map.lookUp(1) == nil)
    }

    @Test func creatingAndReplacingMindWhatIsThere() throws {
        let map = try Map<UInt32, UInt64>(Self.create(.hash))
        #expect(throws: KernelError(.update, "map_hash", .noEntry)) { try map.update(1, 1, .replace) }
        try map.update(1, 1, .create)
        #expect(throws: KernelError(.update, "map_hash", .exists)) { try map.update(1, 2, .create) }
        try map.update(1, 3, .replace)
        #expect(try map.lookUp(1) == 3)
    }

    @Test func aFullMapRefusesOneMore() throws {
        let map = try Map<UInt32, UInt64>(Self.create(.hash, entries: 2))
        try map.update(1, 1)
        try map.update(2, 2)
        #expect(throws: KernelError(.update, "map_hash", .argumentListTooLong)) { try map.update(3, 3) }
    }

    @Test func otherSizesThanTheMapsAreRefusedWithBoth() throws {
        let key = KernelError.Detail.layout(part: .key, expected: 8, found: 4)
        #expect(throws: KernelError(.openMap, "map_hash", .invalidArgument, detail: key)) {
            _ = try Map<UInt64, UInt64>(Self.create(.hash))
        }
        let value = KernelError.Detail.layout(part: .value, expected: 2, found: 8)
        #expect(throws: KernelError(.openMap, "map_hash", .invalidArgument, detail: value)) {
            _ = try Map<UInt32, UInt16>(Self.create(.hash))
        }
        let type = KernelError.Detail.mapType(expected: .hash, found: .perCPUArray)
        #expect(throws: KernelError(.openMap, "map_percpu_array", .invalidArgument, detail: type)) {
            _ = try Map<UInt32, UInt64>(Self.create(.perCPUArray))
        }
    }

    @Test func typesThatEndInPaddingAreRefused() throws {
        struct Padded: BitwiseCopyable {
            var address: UInt32
            var port: UInt16
        }
        let detail = KernelError.Detail.layout(part: .key, expected: 6, found: 8)
        #expect(throws: KernelError(.openMap, "map_hash", .invalidArgument, detail: detail)) {
            _ = try Map<Padded, UInt64>(Self.create(.hash, key: 8))
        }
    }

    @Test func aPinnedMapIsTheSameMap() throws {
        let directory = try PrivateBPFFS()
        let raw = try Self.create(.hash)
        let path = directory.path + "/map"
        try raw.pin(at: path)
        try Map<UInt32, UInt64>(raw).update(7, 8)
        let opened = try Map<UInt32, UInt64>(pinned: path)
        #expect(try opened.lookUp(7) == 8)
        #expect(opened.raw.name == path)
        #expect(throws: KernelError(.pin, path, .exists)) { try opened.raw.pin(at: path) }
    }

    @Test func aMissingPinAndAPinOfAnotherKindAreToldApart() throws {
        let directory = try PrivateBPFFS()
        let path = directory.path + "/thing"
        #expect(throws: KernelError(.openMap, path, .noEntry)) { _ = try RawMap(pinned: path) }
        try Program.allowing().pin(at: path)
        let kind = KernelError.Detail.kind(expected: .map, found: .program)
        #expect(throws: KernelError(.openMap, path, .invalidArgument, detail: kind)) { _ = try RawMap(pinned: path) }
        #expect(try PinnedObject.kind(at: path) == .program)
    }

    @Test func theKernelsNumberOpensTheMapAndListsIt() throws {
        let map = try Self.create(.lruHash, entries: 10)
        let again = try RawMap(id: map.info.id)
        #expect(again.info == map.info)
        #expect(again.name == "map_lru_hash")
        #expect(try MapInfo.allIDs().contains(map.info.id))
        let memory = map.memory() ?? 0
        #expect(memory > 0)
    }

    @Test func everyProcessorHasItsOwnValue() throws {
        let map = try PerCPUMap<UInt32, UInt32>(Self.create(.perCPUHash, value: 4))
        let processors = try PossibleCPUs.count()
        let values = (0..<processors).map { UInt32($0 + 10) }
        try map.update(1, values)
        try map.update(2, [])
        #expect(try map.lookUp(1) == values)
        #expect(try map.lookUp(3) == nil)
        var seen: [UInt32: [UInt32]] = [:]
        try map.forEach { seen[$0] = $1 }
        #expect(seen == [1: values, 2: [UInt32](repeating: 0, count: processors)])
        #expect(try map.delete(1))
        #expect(try map.raw.entryCount() == 1)
    }

    @Test func aMapOfSingleValuesIsNotReadPerProcessor() throws {
        let type = KernelError.Detail.mapType(expected: .perCPUHash, found: .hash)
        #expect(throws: KernelError(.openMap, "map_hash", .invalidArgument, detail: type)) {
            _ = try PerCPUMap<UInt32, UInt64>(Self.create(.hash))
        }
    }
}
