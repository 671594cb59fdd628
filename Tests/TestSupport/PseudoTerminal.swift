// SPDX-License-Identifier: Apache-2.0

import Glibc
package import LinuxSystem

/// A terminal without a window: what a program prints on ``path`` can be read here, and keys can be pressed.
package final class PseudoTerminal: Sendable {
    private let own: Int32
    /// Held open, so that reading does not fail between two programs.
    private let far: Int32
    /// For a program's standard streams.
    package let path: String

    package init(columns: Int, rows: Int) throws {
        own = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        // What unlockpt(3) and ptsname(3) do, which Glibc does not show to Swift.
        var (isLocked, number): (Int32, UInt32) = (0, 0)
        guard own >= 0, unsafe ioctl(own, setLock, &isLocked) == 0, unsafe ioctl(own, getNumber, &number) == 0 else {
            throw SystemError(.openFile, "/dev/ptmx", .current)
        }
        path = "/dev/pts/\(number)"
        far = unsafe open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard far >= 0 else { throw SystemError(.openFile, path, .current) }
        resize(columns: columns, rows: rows)
    }

    deinit {
        close(far)
        close(own)
    }

    /// A program on it has to be told by SIGWINCH, since it is nobody's controlling terminal.
    package func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = unsafe ioctl(own, UInt(TIOCSWINSZ), &size)
    }

    package func press(_ keys: String) throws {
        let bytes = Array(keys.utf8)
        guard unsafe write(own, bytes, bytes.count) == bytes.count else {
            throw SystemError(.writeFile, path, .current)
        }
    }

    /// What has been printed since the last call; empty when nothing is until the deadline.
    package func read(until deadline: Deadline) throws -> [UInt8] {
        guard try Poll.readable([own], until: deadline)[0] else { return [] }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe Glibc.read(own, &bytes, bytes.count)
        guard count >= 0 else { throw SystemError(.readFile, path, .current) }
        return Array(bytes.prefix(count))
    }

    /// Whether what is typed is shown.
    package var echoes: Bool {
        var settings = termios()
        return unsafe tcgetattr(far, &settings) == 0 && settings.c_lflag & tcflag_t(ECHO) != 0
    }
}

// TIOCSPTLCK and TIOCGPTN of `asm/ioctls.h`.
private let setLock: UInt = 0x4004_5431
private let getNumber: UInt = 0x8004_5430
