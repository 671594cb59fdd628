// SPDX-License-Identifier: Apache-2.0

import Glibc

/// An exclusive lock between processes, held as long as this value lives and released by the kernel if they die.
///
/// The file stays behind: removing it would let two processes lock two files of one name.
package struct AdvisoryLock: ~Copyable, Sendable {
    private let file: Descriptor

    /// Waits for the lock until `deadline`, making the file when it is absent.
    ///
    /// - Throws: ``SystemError`` with operation `lock` and `ETIMEDOUT` when another holder keeps it: see ``holder(of:)``.
    package init(at path: String, until deadline: Deadline) throws(SystemError) {
        let file = try Self.open(path)
        while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let failure = Errno.current
            guard failure == .wouldBlock || failure == .interrupted else { throw SystemError(.lock, path, failure) }
            guard !deadline.hasPassed else { throw SystemError(.lock, path, .timedOut) }
            // flock(2) knows no timeout, and a signal to end it would be the process's, not ours.
            usleep(Self.pauseMicroseconds)
        }
        ftruncate(file.rawValue, 0)
        try file.write(Array("\(getpid())\n".utf8), to: path)
        self.file = file
    }

    private static func open(_ path: String) throws(SystemError) -> Descriptor {
        do throws(SystemError) {
            return try Descriptor(opening: path, flags: O_RDWR | O_CREAT, mode: 0o600)
        } catch {
            throw SystemError(.lock, path, error.errno)
        }
    }

    private static var pauseMicroseconds: UInt32 { 10_000 }

    /// Whether nobody holds the lock at this moment; false also when there is no such file, which is not made.
    ///
    /// A process that is just being started by the last holder still counts as one, until it runs its program.
    package static func isFree(_ path: String) -> Bool {
        guard let file = try? Descriptor(opening: path, flags: O_RDWR) else { return false }
        return flock(file.rawValue, LOCK_EX | LOCK_NB) == 0
    }

    /// The process that took the lock last, to name it in a message; it may have released it since.
    package static func holder(of path: String) -> Int32? {
        guard let text = try? Filesystem.readText(path, limit: 64) else { return nil }
        return Int32(text.prefix { $0 != "\n" })
    }
}
