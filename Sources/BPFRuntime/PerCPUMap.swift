// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

/// A map that has a value of its own for every possible processor, in the order of their numbers.
package struct PerCPUMap<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
    package let raw: RawMap

    /// The distance between two processors' values; the kernel rounds it up to 8 bytes.
    private let stride = (MemoryLayout<Value>.stride + 7) / 8 * 8

    private let processors: Int

    /// - Throws: ``KernelError`` with detail `layout`, telling both sizes, when they differ; a map of one value always.
    package init(_ raw: consuming RawMap) throws(KernelError) {
        try raw.requireLayout(Key.self, Value.self)
        guard raw.info.type.isPerCPU else {
            let detail = KernelError.Detail.mapType(expected: .perCPUHash, found: raw.info.type)
            throw KernelError(.openMap, raw.name, .invalidArgument, detail: detail)
        }
        processors = try PossibleCPUs.count()
        self.raw = raw
    }

    /// Opens the map pinned at `path`; the pin stays.
    package init(pinned path: String) throws(KernelError) {
        try self.init(RawMap(pinned: path))
    }

    /// The real type and sizes.
    package var info: MapInfo { raw.info }

    /// - Returns: the value of each possible processor, nil when there is no such key.
    package func lookUp(_ key: Key) throws(KernelError) -> [Value]? {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: stride * processors, alignment: 16)
        defer { unsafe room.deallocate() }
        guard let start = room.baseAddress else { return nil }
        var key = key
        guard unsafe try raw.lookUp(&key, into: start) else { return nil }
        return unsafe values(in: room)
    }

    /// Writes the values of all processors.
    ///
    /// - Parameter values: one for each possible processor; missing ones are taken to be all zeroes.
    package func update(_ key: Key, _ values: [Value], _ mode: UpdateMode = .any) throws(KernelError) {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: stride * processors, alignment: 16)
        defer { unsafe room.deallocate() }
        unsafe room.initializeMemory(as: UInt8.self, repeating: 0)
        for (index, value) in values.prefix(processors).enumerated() {
            unsafe room.storeBytes(of: value, toByteOffset: index * stride, as: Value.self)
        }
        guard let start = UnsafeRawPointer(room.baseAddress) else { return }
        var key = key
        unsafe try raw.update(&key, start, mode)
    }

    /// - Returns: false when there was no such key.
    @discardableResult
    package func delete(_ key: Key) throws(KernelError) -> Bool {
        var key = key
        return unsafe try raw.delete(&key)
    }

    /// Goes through all entries, in memory that does not grow with the map.
    package func forEach(_ body: (Key, [Value]) throws(KernelError) -> Void) throws(KernelError) {
        var cursor = try RawCursor(raw)
        while try cursor.next() {
            for index in 0..<cursor.count {
                let key = unsafe cursor.buffer.key(at: index).loadUnaligned(as: Key.self)
                let all = unsafe values(in: cursor.buffer.value(at: index))
                try body(key, all)
            }
        }
    }

    private func values(in room: UnsafeMutableRawBufferPointer) -> [Value] {
        (0..<processors).map { unsafe room.loadUnaligned(fromByteOffset: $0 * stride, as: Value.self) }
    }
}
