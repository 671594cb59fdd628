// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// Goes through a map in pieces.
///
/// Hashes and arrays are read by batch commands, everything else, and kernels without those, key by key. Entries
/// present from beginning to end come exactly once, whatever is deleted meanwhile; those added or removed may or may
/// not come.
struct RawCursor: ~Copyable {
    /// How many entries of ``buffer`` the last ``next()`` filled.
    private(set) var count = 0

    private(set) var buffer: EntryBuffer

    private let map: RawMap
    private var walk: Walk

    private enum Walk {
        /// The kernel's position of the next batch, nil before the first.
        case batches(position: [UInt8]?)
        case keys(KeyWalk)
        case finished
    }

    /// - Parameter byKeys: does without batch commands although the map would have them.
    /// - Parameter capacity: how many entries to read at once, nil for about a megabyte's worth.
    init(_ map: borrowing RawMap, byKeys: Bool = false, capacity: Int? = nil) throws(KernelError) {
        let own = try map.duplicate()
        let room = try EntryBuffer(for: map, capacity: capacity)
        self.map = own
        buffer = room
        walk = !byKeys && map.info.type.hasStableBatches ? .batches(position: nil) : .keys(KeyWalk(map.info))
    }

    /// Reads on.
    ///
    /// - Returns: false when there is nothing more; ``count`` is then 0, and may be 0 before, too.
    mutating func next() throws(KernelError) -> Bool {
        count = 0
        switch walk {
        case .batches(let position): return try nextBatch(from: position)
        case .keys(var keys):
            walk = .finished
            count = try keys.fill(&buffer, from: map)
            if !keys.isFinished { walk = .keys(keys) }
            return count > 0 || !keys.isFinished
        case .finished: return false
        }
    }

    private mutating func nextBatch(from position: [UInt8]?) throws(KernelError) -> Bool {
        var following = [UInt8](repeating: 0, count: max(8, map.info.keySize))
        var filled = UInt32(buffer.capacity)
        do {
            _ = try lookUpBatch(position, &following, &filled)
            count = Int(filled)
            walk = .batches(position: following)
            return true
        } catch {
            if error == .noEntry {
                count = Int(filled)
                walk = .finished
                return count > 0
            }
            if error == .noSpace { return try nextWithMoreRoom() }
            if error.meansNoBatchCommand, position == nil {
                walk = .keys(KeyWalk(map.info))
                return try next()
            }
            throw KernelError(.iterate, map.name, error)
        }
    }

    private mutating func lookUpBatch(
        _ position: [UInt8]?, _ following: inout [UInt8], _ filled: inout UInt32
    ) throws(Errno) -> Int32 {
        let number = map.descriptor.rawValue
        let keys = unsafe buffer.keys.baseAddress
        let values = unsafe buffer.values.baseAddress
        guard var position else {
            return try attempt {
                unsafe bpf_map_lookup_batch(number, nil, &following, keys, values, &filled, nil)
            }
        }
        return try attempt {
            unsafe bpf_map_lookup_batch(number, &position, &following, keys, values, &filled, nil)
        }
    }

    /// A whole hash bucket must fit; the kernel has not moved on.
    private mutating func nextWithMoreRoom() throws(KernelError) -> Bool {
        guard buffer.capacity <= Int(map.info.maxEntries) else {
            throw KernelError(.iterate, map.name, .noSpace)
        }
        buffer = try EntryBuffer(for: map, capacity: buffer.capacity * 2)
        return try next()
    }
}

extension MapType {
    /// Whether a batch position stays good when entries disappear: it is a bucket or an index.
    ///
    /// An LPM trie has the command too, but its position is a key; when that is deleted, it starts anew.
    fileprivate var hasStableBatches: Bool {
        [.hash, .lruHash, .perCPUHash, .lruPerCPUHash, .array, .perCPUArray].contains(self)
    }
}
