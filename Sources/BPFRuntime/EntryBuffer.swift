// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

/// Memory for a number of entries in the kernel's own arrangement: keys without gaps, and values likewise.
@safe
struct EntryBuffer: ~Copyable {
    /// Bytes of one key.
    let keySize: Int

    /// Bytes of one entry's value: of all processors, each rounded up to 8, where the type is per processor.
    let valueSize: Int

    let capacity: Int
    let keys: UnsafeMutableRawBufferPointer
    let values: UnsafeMutableRawBufferPointer

    init(keySize: Int, valueSize: Int, capacity: Int) {
        self.keySize = keySize
        self.valueSize = valueSize
        self.capacity = capacity
        unsafe keys = .allocate(byteCount: keySize * capacity, alignment: 16)
        unsafe values = .allocate(byteCount: valueSize * capacity, alignment: 16)
    }

    /// A buffer for entries of `map`, of about a megabyte at most.
    ///
    /// - Parameter capacity: a multiple instead of that, when one of the map's hash buckets did not fit.
    init(for map: borrowing RawMap, capacity: Int? = nil) throws(KernelError) {
        let valueSize = try Self.valueSize(map.info)
        let fitting = (1 << 20) / max(1, map.info.keySize + valueSize)
        let wanted = capacity ?? min(8192, max(64, fitting))
        self.init(keySize: map.info.keySize, valueSize: valueSize, capacity: wanted)
    }

    deinit {
        unsafe keys.deallocate()
        unsafe values.deallocate()
    }

    func key(at index: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: keys[index * keySize..<(index + 1) * keySize])
    }

    func value(at index: Int) -> UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(rebasing: values[index * valueSize..<(index + 1) * valueSize])
    }

    /// Bytes that one lookup writes.
    static func valueSize(_ info: MapInfo) throws(KernelError) -> Int {
        guard info.type.isPerCPU else { return info.valueSize }
        return (info.valueSize + 7) / 8 * 8 * (try PossibleCPUs.count())
    }
}
