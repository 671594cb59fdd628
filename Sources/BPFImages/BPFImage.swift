// SPDX-License-Identifier: Apache-2.0

/// One BPF object file, compiled into the executable by the `EmbedBPF` plugin.
package struct BPFImage: Sendable {
    /// The source's name in camel case and its family, `fromWorkloadV4`.
    package let name: String

    private let base64: StaticString

    package init(name: String, base64: StaticString) {
        self.name = name
        self.base64 = base64
    }

    /// The ELF object, decoded anew on each call: a program is loaded once per `enable`.
    package var bytes: [UInt8] {
        let text = base64.description.utf8
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for character in text {
            guard let value = Self.value(of: character) else { continue }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
