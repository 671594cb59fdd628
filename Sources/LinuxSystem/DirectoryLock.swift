// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An advisory lock on an existing directory, for filesystems such as bpffs that can hold no lock file.
///
/// Linux: `flock(2)`.
package struct DirectoryLock: ~Copyable, Sendable {
    private let directory: Descriptor

    /// Waits for the lock until `deadline`.
    ///
    /// - Throws: ``SystemError`` with operation `lock` and `ETIMEDOUT` when another holder keeps it.
    package init(on path: String, until deadline: Deadline) throws(SystemError) {
        let directory = try Descriptor(opening: path, flags: O_RDONLY | O_DIRECTORY)
        while flock(directory.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let failure = Errno.current
            guard failure == .wouldBlock || failure == .interrupted else { throw SystemError(.lock, path, failure) }
            guard !deadline.hasPassed else { throw SystemError(.lock, path, .timedOut) }
            // flock(2) knows no timeout, and a signal to end it would be the process's, not ours.
            usleep(Self.pauseMicroseconds)
        }
        self.directory = directory
    }

    private static var pauseMicroseconds: UInt32 { 5_000 }

    /// The process that holds the lock, to name it in a message; nil when nobody does, or /proc does not tell.
    package static func holder(of path: String) -> Int32? {
        guard let identity = try? Filesystem.identity(path), let locks = try? Filesystem.readText("/proc/locks") else {
            return nil
        }
        // 1: FLOCK  ADVISORY  WRITE 4711 00:2a:1 0 EOF
        let suffix = ":\(identity.inode)"
        for line in locks.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK", fields[5].hasSuffix(suffix) else { continue }
            let device = fields[5].split(separator: ":")
            guard device.count == 3, let major = UInt64(device[0], radix: 16), let minor = UInt64(device[1], radix: 16),
                identity.device == major << 8 | minor
            else { continue }
            return Int32(fields[4])
        }
        return nil
    }
}
