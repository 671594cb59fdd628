// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// Goes through a map key by key.
///
/// The kernel answers "what follows a key that is gone" with the first key of the map. So what was seen is
/// remembered, and a walk thrown back resumes behind the youngest of its keys that is still there. The memory this
/// takes, a key per entry, is the price of maps and kernels without batch commands.
struct KeyWalk {
    private(set) var isFinished = false

    private var seen: Set<[UInt8]> = []

    /// The keys most recently given, youngest last, to resume from.
    private var recent: [[UInt8]] = []

    private var steps = 0
    private let stepLimit: Int
    private let keySize: Int

    private static let memory = 32

    init(_ info: MapInfo) {
        keySize = info.keySize
        // Twice the size is more than any walk needs that is not thrown back all the time; thrown back each time it
        // advances, it takes `memory` steps for one. Beyond that the map changes faster than it can be read.
        stepLimit = (Int(info.maxEntries) + 1) * 2 + Self.memory * Self.memory
    }

    /// Reads up to the buffer's capacity of entries.
    ///
    /// - Returns: how many; fewer than the capacity only at the end.
    mutating func fill(_ buffer: inout EntryBuffer, from map: borrowing RawMap) throws(KernelError) -> Int {
        var filled = 0
        while filled < buffer.capacity {
            guard let key = try nextKey(map) else {
                isFinished = true
                break
            }
            if try copy(key, into: &buffer, at: filled, from: map) { filled += 1 }
        }
        return filled
    }

    /// - Returns: false when the entry has gone since its key was read.
    private func copy(
        _ key: [UInt8], into buffer: inout EntryBuffer, at index: Int, from map: borrowing RawMap
    ) throws(KernelError) -> Bool {
        let keyRoom = unsafe buffer.key(at: index)
        unsafe keyRoom.copyBytes(from: key)
        guard let keyStart = keyRoom.baseAddress, let value = unsafe buffer.value(at: index).baseAddress else {
            return false
        }
        return try unsafe map.lookUp(keyStart, into: value)
    }

    /// The next key not given before, nil at the end.
    private mutating func nextKey(_ map: borrowing RawMap) throws(KernelError) -> [UInt8]? {
        var anchor = recent.last
        var older = recent.dropLast()
        while steps < stepLimit {
            steps += 1
            guard let key = try key(after: anchor, map) else { return nil }
            if seen.insert(key).inserted {
                remember(key)
                return key
            }
            anchor = older.popLast() ?? key
        }
        return nil
    }

    private mutating func remember(_ key: [UInt8]) {
        recent.append(key)
        if recent.count > Self.memory { recent.removeFirst() }
    }

    private func key(after previous: [UInt8]?, _ map: borrowing RawMap) throws(KernelError) -> [UInt8]? {
        var following = [UInt8](repeating: 0, count: keySize)
        let number = map.descriptor.rawValue
        do {
            if let previous {
                _ = try attempt { unsafe bpf_map_get_next_key(number, previous, &following) }
            } else {
                _ = try attempt { unsafe bpf_map_get_next_key(number, nil, &following) }
            }
            return following
        } catch {
            if error == .noEntry { return nil }
            throw KernelError(.iterate, map.name, error)
        }
    }
}
