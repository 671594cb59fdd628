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

    /// As ``readable(_:until:)``, but ends also when nobody can read any more what is written to `output`: the reading
    /// end of its pipe is closed, its socket's peer or its terminal is gone. Files and devices have no such end.
    ///
    /// - Parameter output: nil watches none.
    package static func readable(
        _ descriptors: [Int32], whileReadFrom output: Int32?, until deadline: Deadline
    ) throws(SystemError) -> (ready: [Bool], isAbandoned: Bool) {
        guard let output else { return (try readable(descriptors, until: deadline), false) }
        // Errors and hang-ups are reported unasked.
        let entries =
            descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            + [pollfd(fd: output, events: 0, revents: 0)]
        let ready = try wait(entries, until: deadline)
        return (Array(ready.dropLast()), ready.last ?? false)
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
