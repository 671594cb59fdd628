// SPDX-License-Identifier: Apache-2.0

internal import CLibZ

/// One BPF object file, compiled into the executable by the `EmbedBPF` plugin.
package struct BPFImage: Sendable {
    /// The source's name in camel case and its family, `fromWorkloadV4`.
    package let name: String

    /// Bytes of the object.
    private let size: Int

    /// The object as zlib packs it (RFC 1950), in Base64: a third of the object.
    private let base64: StaticString

    package init(name: String, size: Int, base64: StaticString) {
        self.name = name
        self.size = size
        self.base64 = base64
    }

    /// The ELF object, unpacked anew on each call: a program is loaded once per `enable`.
    package var bytes: [UInt8] {
        let packed = packed
        var bytes = [UInt8](repeating: 0, count: size)
        var length = uLongf(size)
        let status = unsafe uncompress(&bytes, &length, packed, uLong(packed.count))
        precondition(status == Z_OK && length == size, "the executable is damaged: \(name)")
        return bytes
    }

    private var packed: [UInt8] {
        let text = base64.description.utf8
        let values = Self.values
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for character in text {
            let value = values[Int(character)]
            guard value < 64 else { continue }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bytes
    }

    /// What each character stands for; 64 for one that is no Base64.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
}
