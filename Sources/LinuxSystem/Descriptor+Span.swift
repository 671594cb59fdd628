// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Descriptor {
    /// Writes all of a span to a descriptor that somebody else owns, repeating short writes.
    ///
    /// - Throws: ``SystemError`` with operation `writeFile`, an empty subject, and the errno.
    package static func write(_ bytes: Span<UInt8>, to descriptor: Int32) throws(SystemError) {
        let failure: Errno? = unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let result = unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
                if result < 0 {
                    let failure = Errno.current
                    if failure == .interrupted { continue }
                    return failure
                }
                done += result
            }
            return nil
        }
        if let failure { throw SystemError(.writeFile, "", failure) }
    }
}
