// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
package import Rendering

/// Writes rendered bytes to an open descriptor, which stays open.
package final class DescriptorSink: OutputSink {
    private let descriptor: Int32

    package init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    package func write(_ chunk: Span<UInt8>) throws(OutputError) {
        let bytes = [UInt8](capacity: chunk.count) { output in
            for index in chunk.indices { output.append(chunk[index]) }
        }
        // Released again at the end: the process owns its standard streams.
        let borrowed = Descriptor(owning: descriptor)
        var failure: Errno?
        do {
            try borrowed.write(bytes, to: "")
        } catch {
            failure = error.errno
        }
        _ = borrowed.release()
        if let failure { throw OutputError(errno: failure.rawValue) }
    }
}
