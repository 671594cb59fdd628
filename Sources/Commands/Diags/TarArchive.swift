// SPDX-License-Identifier: Apache-2.0

/// A tar archive of regular files in memory, as POSIX has it (ustar).
struct TarArchive {
    private static let block = 512

    private let time: UInt64
    private var members: [UInt8] = []

    /// - Parameter time: of every file, seconds since 1970.
    init(time: UInt64) {
        self.time = time
    }

    /// Adds a file that only its owner may read.
    ///
    /// - Parameter name: with slashes; of more than 100 bytes the first ones go.
    mutating func add(_ name: String, _ content: [UInt8]) {
        members += header(Array(name.utf8.suffix(100).drop { $0 == UInt8(ascii: "/") }), size: content.count)
        members += content
        members += [UInt8](repeating: 0, count: (Self.block - content.count % Self.block) % Self.block)
    }

    /// The whole archive, with the two empty blocks that end it.
    var bytes: [UInt8] { members + [UInt8](repeating: 0, count: 2 * Self.block) }

    private func header(_ name: [UInt8], size: Int) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: Self.block)
        func put(_ bytes: [UInt8], at offset: Int) {
            header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(name, at: 0)
        put(Self.octal(0o600, digits: 7), at: 100)
        put(Self.octal(0, digits: 7), at: 108)
        put(Self.octal(0, digits: 7), at: 116)
        put(Self.octal(UInt64(size), digits: 11), at: 124)
        put(Self.octal(time, digits: 11), at: 136)
        // The sum is taken with blanks in its own place.
        put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
        put([UInt8(ascii: "0")], at: 156)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(Array("root".utf8), at: 265)
        put(Array("root".utf8), at: 297)
        let sum = header.reduce(UInt64(0)) { $0 + UInt64($1) }
        put(Self.octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
        return header
    }

    private static func octal(_ value: UInt64, digits: Int) -> [UInt8] {
        let text = Array(String(value, radix: 8).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - text.count)) + text
    }
}
