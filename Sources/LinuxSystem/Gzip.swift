// SPDX-License-Identifier: Apache-2.0

import CLinuxShim

/// Compression as gzip(1) writes it.
package enum Gzip {
    /// One gzip member; nil for more than 4 GiB, and when there is no memory for it.
    ///
    /// zlib: `deflate`.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let capacity = shim_gzip_bound(bytes.count)
        let member = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            count = unsafe bytes.withUnsafeBytes { input in
                unsafe shim_gzip(input.baseAddress, input.count, start, capacity)
            }
        }
        return member.isEmpty ? nil : member
    }
}
