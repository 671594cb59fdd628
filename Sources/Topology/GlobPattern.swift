// SPDX-License-Identifier: Apache-2.0

/// A shell pattern for interface names: `*`, `?`, `[a-z]` and `[!a-z]`; an unclosed bracket stands for itself.
struct GlobPattern: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case byte(UInt8)
        case anyByte
        case anyRun
        case set([ClosedRange<UInt8>], negated: Bool)
    }

    let text: String
    private let pieces: [Piece]

    init(_ text: String) {
        self.text = text
        var rest = Array(text.utf8)[...]
        var pieces: [Piece] = []
        while let byte = rest.first {
            if byte == UInt8(ascii: "["), let (set, end) = Self.parseSet(rest) {
                pieces.append(set)
                rest = rest[end...]
                continue
            }
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "*"): pieces.append(.anyRun)
            case UInt8(ascii: "?"): pieces.append(.anyByte)
            default: pieces.append(.byte(byte))
            }
        }
        self.pieces = pieces
    }

    /// Compares byte by byte; on a mismatch the last `*` takes one byte more, so the time is bounded by both lengths.
    func matches(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        var (piece, position) = (0, 0)
        var retry: (piece: Int, position: Int)?
        while position < bytes.count {
            if piece < pieces.count, pieces[piece] == .anyRun {
                retry = (piece, position)
                piece += 1
            } else if piece < pieces.count, Self.accepts(pieces[piece], bytes[position]) {
                (piece, position) = (piece + 1, position + 1)
            } else if let last = retry {
                retry = (last.piece, last.position + 1)
                (piece, position) = (last.piece + 1, last.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anyRun }
    }

    private static func accepts(_ piece: Piece, _ byte: UInt8) -> Bool {
        switch piece {
        case .byte(let expected): byte == expected
        case .anyByte, .anyRun: true
        case .set(let ranges, let negated): ranges.contains { $0.contains(byte) } != negated
        }
    }

    /// Reads `[…]` at the start; nil when it is not closed. A `]` right after the opening is a member of the set.
    private static func parseSet(_ bytes: ArraySlice<UInt8>) -> (Piece, end: Int)? {
        var rest = bytes.dropFirst()
        let negated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if negated { rest = rest.dropFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        while let low = rest.first {
            rest = rest.dropFirst()
            if low == UInt8(ascii: "]"), !ranges.isEmpty { return (.set(ranges, negated: negated), rest.startIndex) }
            let tail = rest.prefix(2)
            if tail.count == 2, tail.first == UInt8(ascii: "-"), let high = tail.last, high != UInt8(ascii: "]") {
                rest = rest.dropFirst(2)
                // A reversed range holds nothing; an impossible one keeps the set from counting as empty.
                ranges.append(low <= high ? low...high : 0...0)
            } else {
                ranges.append(low...low)
            }
        }
        return nil
    }
}
