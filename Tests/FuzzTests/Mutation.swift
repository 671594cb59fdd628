// SPDX-License-Identifier: Apache-2.0

extension Chance {
    /// Bytes that mean something to somebody: ends of ranges, protocol numbers, letters of grammars.
    private static let telling: [UInt8] = [0, 1, 2, 6, 17, 0x20, 0x2f, 0x3a, 0x7f, 0x80, 0xff]

    /// Random bytes, of which many are telling ones.
    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(count)
        let isTelling = !once(in: 4)
        while bytes.count < count {
            let random = next()
            if isTelling {
                bytes.append(Self.telling[Int(random % 11)])
            } else {
                for shift in stride(from: UInt64(0), to: 64, by: 8) where bytes.count < count {
                    bytes.append(UInt8(truncatingIfNeeded: random >> shift))
                }
            }
        }
        return bytes
    }

    /// The text with a few pieces of others put in, taken out or repeated.
    mutating func mutated(_ text: [UInt8], with pieces: [[UInt8]]) -> [UInt8] {
        var text = text
        for _ in 0...below(4) {
            let start = below(text.count + 1)
            let end = min(text.count, start + below(once(in: 4) ? text.count + 1 : 4))
            switch below(4) {
            case 0: text.removeSubrange(start..<end)
            case 1: text.insert(contentsOf: text[start..<end], at: start)
            case 2: text.replaceSubrange(start..<end, with: pick(pieces))
            default: text.insert(contentsOf: pick(pieces), at: start)
            }
        }
        return text
    }
}
