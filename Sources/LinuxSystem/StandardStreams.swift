// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Descriptors 0, 1 and 2, which whoever started the process may have closed.
package enum StandardStreams {
    /// Takes the places of closed ones, so that no file, map or socket opened later is mistaken for a stream.
    ///
    /// Reading such an input and writing to such an output still fails with EBADF: nobody is there. The number that
    /// open(2) returns is the lowest free one, which makes it the missing one.
    package static func fillGaps() {
        for (number, wrongDirection) in [
            (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
        ]
        where fcntl(number, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", wrongDirection)
        }
    }
}
