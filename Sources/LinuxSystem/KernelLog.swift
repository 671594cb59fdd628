// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The messages that the kernel still holds, as dmesg(1) shows them.
package enum KernelLog {
    package struct Record: Hashable, Sendable {
        /// Microseconds since boot.
        package let time: UInt64
        /// Without its properties, which follow on lines of their own.
        package let message: String

        package init(time: UInt64, message: String) {
            self.time = time
            self.message = message
        }

        /// Reads a record of `/dev/kmsg`: `priority,number,time,flags;message`; nil for one of another shape.
        package init?(parsing text: String) {
            guard let semicolon = text.firstIndex(of: ";") else { return nil }
            let head = text[..<semicolon].split(separator: ",")
            guard head.count >= 3, let time = UInt64(head[2]) else { return nil }
            self.init(time: time, message: String(text[text.index(after: semicolon)...].prefix { $0 != "\n" }))
        }
    }

    /// All records, oldest first, that `isWanted` takes; needs CAP_SYSLOG where `kernel.dmesg_restrict` is on.
    package static func records(where isWanted: (Record) -> Bool) throws(SystemError) -> [Record] {
        let path = "/dev/kmsg"
        let log = try Descriptor(opening: path, flags: O_RDONLY | O_NONBLOCK)
        var records: [Record] = []
        while true {
            do throws(SystemError) {
                // One record a read.
                let bytes = try log.read(upTo: 8192, from: path)
                guard !bytes.isEmpty else { return records }
                let record = Record(parsing: String(decoding: bytes, as: UTF8.self))
                if let record, isWanted(record) { records.append(record) }
            } catch {
                if error.errno == .wouldBlock { return records }
                // Overwritten while this read: the next read goes on behind it.
                guard error.errno == .brokenPipe else { throw error }
            }
        }
    }
}
