// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Waiting for input with poll(2).
package enum Poll {
    /// Waits until one of the descriptors can be read without blocking, at its end included.
    ///
    /// - Returns: for each descriptor whether it can be read; all false when the deadline passed.
    package static func readable(_ descriptors: [Int32], until deadline: Deadline) throws(SystemError) -> [Bool] {
        try wait(descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }, until: deadline)
    }

    /// Waits until the descriptor takes output, as a socket does whose connect(2) has ended either way.
    package static func writable(_ descriptor: Int32, until deadline: Deadline) throws(SystemError) -> Bool {
        try wait([pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)], until: deadline)[0]
    }

    private static func wait(_ entries: [pollfd], until deadline: Deadline) throws(SystemError) -> [Bool] {
        var entries = entries
        while true {
            let ready = unsafe poll(&entries, nfds_t(entries.count), deadline.remainingMilliseconds)
            if ready >= 0 { return entries.map { $0.revents != 0 } }
            let failure = Errno.current
            guard failure == .interrupted else { throw SystemError(.poll, "", failure) }
        }
    }
}
