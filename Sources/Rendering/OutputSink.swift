// SPDX-License-Identifier: Apache-2.0

/// Where rendered bytes go, in chunks of about 64 KiB; a chunk may end within a line.
package protocol OutputSink: AnyObject {
    /// Takes all of `chunk`, which is valid only during the call.
    func write(_ chunk: Span<UInt8>) throws(OutputError)
}

/// Writing a result failed with an errno, `EPIPE` when the reader has gone; the rest of the result is lost.
package struct OutputError: Error, Equatable {
    package let errno: Int32

    package init(errno: Int32) {
        self.errno = errno
    }
}

/// Keeps the output in memory, for a caller that needs it as text.
package final class MemorySink: OutputSink {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    package func write(_ chunk: Span<UInt8>) {
        bytes.reserveCapacity(bytes.count + chunk.count)
        for index in chunk.indices { bytes.append(chunk[index]) }
    }

    /// All output so far, as text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}
