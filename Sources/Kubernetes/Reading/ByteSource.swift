// SPDX-License-Identifier: Apache-2.0

/// The bytes of one input, piece by piece, as far as the limits allow.
final class ByteSource {
    /// Why ``next()`` came to an end before the input did.
    enum Stop {
        case failure(any Error)
        case tooLong
        case objectTooLarge
    }

    private let read: () throws -> [UInt8]
    private let limits: ObjectLimits
    private var pending: [UInt8]?
    private var total = 0
    private var sinceObject = 0
    private(set) var stop: Stop?

    init(limits: ObjectLimits, reading read: @escaping () throws -> [UInt8]) {
        self.read = read
        self.limits = limits
    }

    /// The next bytes; none at the end and after a ``stop``.
    func next() -> [UInt8] {
        if let bytes = pending {
            pending = nil
            return bytes
        }
        guard stop == nil else { return [] }
        do {
            let bytes = try read()
            total += bytes.count
            sinceObject += bytes.count
            if total > limits.input { stop = .tooLong }
            // An object is written with spaces, too, and its last piece holds the next ones.
            if sinceObject > 3 * limits.text + bytes.count { stop = .objectTooLarge }
            return stop == nil ? bytes : []
        } catch {
            stop = .failure(error)
            return []
        }
    }

    /// The first bytes, which ``next()`` gives again: enough to tell a format by, however small the pieces are.
    func peek() -> [UInt8] {
        var start = next()
        while start.count < 512 {
            let more = next()
            if more.isEmpty { break }
            start += more
        }
        pending = start
        return start
    }

    /// An object begins: from here on its size counts.
    func beginObject() { sinceObject = 0 }
}

/// What keeps a hostile file from exhausting the machine.
package struct ObjectLimits: Sendable {
    /// Bytes of one input.
    package var input: Int
    /// Bytes of one object's keys and values; the API server takes objects of 1.5 MB and stores less.
    package var text: Int
    /// Keys and values of one object, aliases counted with all they stand for.
    package var values: Int
    package var depth: Int
    /// Keys and values that the aliases of one input stand for.
    package var aliased: Int

    package init(
        input: Int = 1 << 30, text: Int = 8 << 20, values: Int = 1_000_000, depth: Int = 256, aliased: Int = 4_000_000
    ) {
        self.input = input
        self.text = text
        self.values = values
        self.depth = depth
        self.aliased = aliased
    }
}
