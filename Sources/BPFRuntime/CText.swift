// SPDX-License-Identifier: Apache-2.0

/// Text in the fixed arrays of characters that map values hold, which Swift sees as tuples.
package enum CText {
    /// The characters up to the NUL; bytes that are no UTF-8 become U+FFFD.
    package static func read<Characters: BitwiseCopyable>(_ characters: Characters) -> String {
        unsafe withUnsafeBytes(of: characters) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Fills the whole array; what does not fit is cut off, the last byte stays NUL.
    package static func write<Characters: BitwiseCopyable>(_ text: String, to characters: inout Characters) {
        unsafe withUnsafeMutableBytes(of: &characters) { bytes in
            unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
            unsafe bytes.dropLast().copyBytes(from: Array(text.utf8).prefix(bytes.count - 1))
        }
    }
}

/// A C struct as the bytes that the kernel sees.
package enum CBytes {
    package static func copy<Value: BitwiseCopyable>(of value: Value) -> [UInt8] {
        unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) }
    }

    /// - Returns: nil when there are not exactly as many bytes as the struct has.
    package static func read<Value: BitwiseCopyable>(_ bytes: [UInt8], as type: Value.Type) -> Value? {
        guard bytes.count == MemoryLayout<Value>.size else { return nil }
        return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: type) }
    }
}
