// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

extension RawMap {
    /// The fewest entries that a map must have room for to take this one's: of an array, up to the last that is not all
    /// zeroes.
    package func needed() throws(KernelError) -> Int {
        guard info.type == .array else { return try entryCount() }
        var cursor = try RawCursor(self)
        var (index, needed) = (0, 0)
        while try cursor.next() {
            for position in 0..<cursor.count {
                index += 1
                if unsafe cursor.buffer.value(at: position).contains(where: { $0 != 0 }) { needed = index }
            }
        }
        return needed
    }

    /// Copies every entry into a map of the same layout, for changing a map's size; of an array, what is not all zeroes.
    ///
    /// - Parameter mode: `create` leaves entries that the other map has got meanwhile.
    /// - Throws: ``KernelError`` with `E2BIG` when the other map is too small; entries copied so far stay.
    package func copyEntries(to other: borrowing RawMap, _ mode: UpdateMode) throws(KernelError) {
        try other.requireLayout(key: info.keySize, value: info.valueSize, .update)
        let skipsZeroes = info.type == .array
        var cursor = try RawCursor(self)
        while try cursor.next() {
            for index in 0..<cursor.count {
                guard let key = unsafe cursor.buffer.key(at: index).baseAddress,
                    let value = unsafe cursor.buffer.value(at: index).baseAddress
                else { continue }
                if skipsZeroes, unsafe cursor.buffer.value(at: index).allSatisfy({ $0 == 0 }) { continue }
                do throws(KernelError) {
                    unsafe try other.update(key, value, mode)
                } catch {
                    guard error.errno == .exists else { throw error }
                }
            }
        }
    }
}
