// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// An error number of the kernel or the C library, with its symbol and a one-phrase meaning.
///
/// Always positive. The kernel's own `ENOTSUPP` (524), which BPF calls leak to user space, is known here too.
package struct Errno: Error, Hashable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The calling thread's `errno`; to be read directly after the call that set it.
    package static var current: Errno { Errno(rawValue: errno) }

    /// The symbol, such as `ENODEV`, or `E<number>` for a number without one.
    package var name: String {
        if self == .notSupportedByKernel { return "ENOTSUPP" }
        guard let text = unsafe shim_errno_name(rawValue) else { return "E\(rawValue)" }
        return unsafe String(cString: text)
    }

    /// The meaning, such as `no such device`: not translated, starting in lower case, without a full stop.
    package var message: String {
        if self == .notSupportedByKernel { return "operation not supported by the kernel" }
        guard let text = unsafe shim_errno_description(rawValue) else { return "error \(rawValue)" }
        let described = unsafe String(cString: text)
        return described.prefix(1).lowercased() + described.dropFirst()
    }
}

extension Errno {
    package static let notPermitted = Errno(rawValue: EPERM)
    package static let noEntry = Errno(rawValue: ENOENT)
    package static let noProcess = Errno(rawValue: ESRCH)
    package static let interrupted = Errno(rawValue: EINTR)
    package static let inputOutput = Errno(rawValue: EIO)
    package static let argumentListTooLong = Errno(rawValue: E2BIG)
    package static let badDescriptor = Errno(rawValue: EBADF)
    package static let wouldBlock = Errno(rawValue: EAGAIN)
    package static let noMemory = Errno(rawValue: ENOMEM)
    package static let accessDenied = Errno(rawValue: EACCES)
    package static let badAddress = Errno(rawValue: EFAULT)
    package static let busy = Errno(rawValue: EBUSY)
    package static let exists = Errno(rawValue: EEXIST)
    package static let crossDevice = Errno(rawValue: EXDEV)
    package static let noDevice = Errno(rawValue: ENODEV)
    package static let notDirectory = Errno(rawValue: ENOTDIR)
    package static let isDirectory = Errno(rawValue: EISDIR)
    package static let invalidArgument = Errno(rawValue: EINVAL)
    package static let tooManyOpenFiles = Errno(rawValue: EMFILE)
    package static let fileTooLarge = Errno(rawValue: EFBIG)
    package static let noSpace = Errno(rawValue: ENOSPC)
    package static let readOnlyFilesystem = Errno(rawValue: EROFS)
    package static let brokenPipe = Errno(rawValue: EPIPE)
    package static let outOfRange = Errno(rawValue: ERANGE)
    package static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    package static let notImplemented = Errno(rawValue: ENOSYS)
    package static let notEmpty = Errno(rawValue: ENOTEMPTY)
    package static let overflow = Errno(rawValue: EOVERFLOW)
    package static let messageTooLong = Errno(rawValue: EMSGSIZE)
    package static let notSupported = Errno(rawValue: EOPNOTSUPP)
    package static let addressInUse = Errno(rawValue: EADDRINUSE)
    package static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
    package static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    package static let connectionAborted = Errno(rawValue: ECONNABORTED)
    package static let connectionReset = Errno(rawValue: ECONNRESET)
    package static let timedOut = Errno(rawValue: ETIMEDOUT)
    package static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    package static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    package static let inProgress = Errno(rawValue: EINPROGRESS)
    package static let stale = Errno(rawValue: ESTALE)
    package static let cancelled = Errno(rawValue: ECANCELED)

    /// `ENOTSUPP`, the kernel-internal number that some BPF commands return by mistake.
    package static let notSupportedByKernel = Errno(rawValue: 524)
}

extension Errno: CustomStringConvertible {
    package var description: String { message }
}
