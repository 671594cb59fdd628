// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

/// A map with typed keys and values, whose sizes were compared with the map's when it was opened.
///
/// The types are the C structures of the ABI: no references, no padding but what is written out. Byte order is the
/// caller's.
package struct Map<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
    package let raw: RawMap

    /// - Throws: ``KernelError`` with detail `layout`, telling both sizes, when they differ; a per-processor map
    /// always.
    package init(_ raw: consuming RawMap) throws(KernelError) {
        try raw.requireLayout(Key.self, Value.self)
        guard !raw.info.type.isPerCPU else {
            let detail = KernelError.Detail.mapType(expected: .hash, found: raw.info.type)
            throw KernelError(.openMap, raw.name, .invalidArgument, detail: detail)
        }
        self.raw = raw
    }

    /// Opens the map pinned at `path`; the pin stays.
    package init(pinned path: String) throws(KernelError) {
        try self.init(RawMap(pinned: path))
    }

    /// The real type and sizes.
    package var info: MapInfo { raw.info }

    /// - Returns: nil when there is no such key.
    package func lookUp(_ key: Key) throws(KernelError) -> Value? {
        let room = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        defer { unsafe room.deallocate() }
        var key = key
        guard unsafe try raw.lookUp(&key, into: room) else { return nil }
        return unsafe room.pointee
    }

    /// Writes one entry; a concurrent reader sees the old or the new value of a hash, never a mixture.
    ///
    /// - Throws: ``KernelError``: `E2BIG` when the map is full, `EEXIST` and `ENOENT` as `mode` says.
    package func update(_ key: Key, _ value: Value, _ mode: UpdateMode = .any) throws(KernelError) {
        var key = key
        var value = value
        unsafe try raw.update(&key, &value, mode)
    }

    /// - Returns: false when there was no such key.
    @discardableResult
    package func delete(_ key: Key) throws(KernelError) -> Bool {
        var key = key
        return unsafe try raw.delete(&key)
    }
}

extension Map {
    /// Starts to go through all entries, piece by piece.
    package func cursor() throws(KernelError) -> MapCursor<Key, Value> {
        MapCursor(raw: try RawCursor(raw))
    }

    /// Goes through all entries in pieces of some thousand, in memory that does not grow with the map.
    ///
    /// The body may change the map, too: see ``RawCursor`` for what comes then.
    package func forEachBatch(
        _ body: (Span<Key>, Span<Value>) throws(KernelError) -> Void
    ) throws(KernelError) {
        var cursor = try cursor()
        while try cursor.next() {
            try cursor.withBatch(body)
        }
    }

    /// As ``forEachBatch(_:)``, entry by entry.
    package func forEach(_ body: (Key, Value) throws(KernelError) -> Void) throws(KernelError) {
        try forEachBatch { keys, values throws(KernelError) in
            for index in keys.indices {
                try body(keys[index], values[index])
            }
        }
    }

    /// All entries at once, in the kernel's order, for maps known to be small.
    package func entries() throws(KernelError) -> [(key: Key, value: Value)] {
        var all: [(key: Key, value: Value)] = []
        try forEach { all.append(($0, $1)) }
        return all
    }
}

/// A place in a map: pulls the entries in, so that the caller can stop, fail or wait between any two.
package struct MapCursor<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
    var raw: RawCursor

    /// How many entries the last ``next()`` brought.
    package var count: Int { raw.count }

    /// Reads the next entries, at most some thousand, over the last ones.
    ///
    /// - Returns: false at the end.
    package mutating func next() throws(KernelError) -> Bool {
        try raw.next()
    }

    /// The key of an entry of the last ``next()``; `index` counts from 0 to below ``count``.
    package func key(at index: Int) -> Key {
        unsafe raw.buffer.key(at: index).loadUnaligned(as: Key.self)
    }

    /// The value that belongs to ``key(at:)``.
    package func value(at index: Int) -> Value {
        unsafe raw.buffer.value(at: index).loadUnaligned(as: Value.self)
    }

    /// Shows the entries of the last ``next()`` without copying them.
    package func withBatch<Failure: Error>(
        _ body: (Span<Key>, Span<Value>) throws(Failure) -> Void
    ) throws(Failure) {
        let keys = unsafe raw.buffer.keys.assumingMemoryBound(to: Key.self)
        let values = unsafe raw.buffer.values.assumingMemoryBound(to: Value.self)
        let keySpan = unsafe UnsafeBufferPointer(rebasing: keys[..<count]).span
        let valueSpan = unsafe UnsafeBufferPointer(rebasing: values[..<count]).span
        try body(keySpan, valueSpan)
    }
}
