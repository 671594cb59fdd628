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
        do throws(SystemError) {
            try Descriptor.write(chunk, to: descriptor)
        } catch {
            throw OutputError(errno: error.errno.rawValue)
        }
    }
}
