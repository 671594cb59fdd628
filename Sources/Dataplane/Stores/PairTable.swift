// SPDX-License-Identifier: Apache-2.0

internal import CDataplaneABI

/// The halves of connections whose other half has not been read yet, by the request's key.
///
/// A table is read in the order of the kernel's hash, so at any time about a quarter of the entries wait here. Looking
/// the other half up instead takes a system call each. What does not fit is not taken, and has to be looked up.
struct PairTable<ABI: FamilyABI>: ~Copyable {
    struct Half {
        /// The request's, also of a reply.
        var key: ABI.ConnectionKey
        var value: ABI.Connection
    }

    private var halves: [Half] = []
    private var free: [Int32] = []
    /// Open addressing without gaps behind: the low half is an index into ``halves`` plus one, 0 for an empty slot,
    /// the high half the hash.
    private var slots: [UInt64]
    private let mask: Int
    private let room: Int

    /// Bytes of memory that waiting halves may take; a million entries need 22 MB of it at most.
    private static var memory: Int { 24 << 20 }

    /// - Parameter entries: how many the map may hold.
    init(entries: Int) {
        room = max(16, min(entries, Self.memory / MemoryLayout<Half>.stride))
        var size = 32
        while size < 2 * room { size *= 2 }
        slots = Array(repeating: 0, count: size)
        mask = size - 1
        // Pages that are not reached are not made.
        halves.reserveCapacity(room)
    }

    /// The other half of an entry, which leaves the table; or nil, and the entry waits for it if there is room.
    ///
    /// - Parameters:
    ///   - key: the request's key.
    ///   - isReply: whether `value` is the reply's; two halves of the same kind are no pair.
    /// - Returns: nil also when there was no room, which ``isKept`` then says.
    mutating func match(
        _ key: ABI.ConnectionKey, _ value: ABI.Connection, isReply: Bool
    ) -> (other: ABI.Connection?, isKept: Bool) {
        let hash = Self.hash(key)
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            if UInt32(truncatingIfNeeded: slots[slot] >> 32) == hash {
                let index = Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                if halves[index].value.isReply != isReply, halves[index].key.isEqual(to: key) {
                    let other = halves[index].value
                    free.append(Int32(index))
                    remove(slot)
                    return (other, false)
                }
            }
            slot = (slot + 1) & mask
        }
        guard let index = place(Half(key: key, value: value)) else { return (nil, false) }
        slots[slot] = UInt64(hash) << 32 | UInt64(index + 1)
        return (nil, true)
    }

    /// The requests that still wait.
    func forEachRequest<Failure: Error>(
        _ body: (ABI.ConnectionKey, ABI.Connection) throws(Failure) -> Void
    ) throws(Failure) {
        for slot in slots where slot != 0 {
            let half = halves[Int(UInt32(truncatingIfNeeded: slot)) - 1]
            if !half.value.isReply { try body(half.key, half.value) }
        }
    }

    private mutating func place(_ half: Half) -> Int? {
        if let index = free.popLast() {
            halves[Int(index)] = half
            return Int(index)
        }
        guard halves.count < room else { return nil }
        halves.append(half)
        return halves.count - 1
    }

    /// Empties a slot and moves up what stands behind it, so that no search ends too early.
    private mutating func remove(_ slot: Int) {
        var hole = slot
        var next = (slot + 1) & mask
        while slots[next] != 0 {
            let home = Int(slots[next] >> 32) & mask
            // Whether the hole lies between an entry's own place and where it stands.
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
    }

    private static func hash(_ key: ABI.ConnectionKey) -> UInt32 {
        let ports = UInt64(key.sport) << 32 | UInt64(key.dport) << 16 | UInt64(key.proto)
        var mixed = (key.src.folded ^ ports) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 29 ^ key.dst.folded) &* 0xbf58_476d_1ce4_e5b9
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }
}

extension ConnectionKeyABI where Address: AddressABI {
    func isEqual(to other: Self) -> Bool {
        sport == other.sport && dport == other.dport && proto == other.proto && src.isEqual(to: other.src)
            && dst.isEqual(to: other.dst)
    }
}
