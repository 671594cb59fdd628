// SPDX-License-Identifier: Apache-2.0

extension RawMap {
    /// The value of a key as bytes, for a map whose layout is yet to be learnt.
    ///
    /// - Returns: nil when there is no such key, or when the key has another size than the map's.
    package func lookUpBytes<Key: BitwiseCopyable>(_ key: Key) throws(KernelError) -> [UInt8]? {
        guard MemoryLayout<Key>.stride == info.keySize, !info.type.isPerCPU else { return nil }
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: info.valueSize, alignment: 16)
        defer { unsafe room.deallocate() }
        guard let start = room.baseAddress else { return nil }
        var key = key
        guard unsafe try lookUp(&key, into: start) else { return nil }
        return unsafe [UInt8](room)
    }
}
