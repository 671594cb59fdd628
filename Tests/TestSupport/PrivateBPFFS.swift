// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import LinuxSystem

/// A bpffs of its own in a temporary directory; unmounted and removed when dropped.
package final class PrivateBPFFS: Sendable {
    package let path: String

    package init() throws {
        path = FileManager.default.temporaryDirectory.path + "/bpffs-\(UUID().uuidString.prefix(8))"
        try Filesystem.makeDirectory(path)
        do throws(SystemError) {
            try Filesystem.mountBPF(at: path)
        } catch {
            unsafe rmdir(path)
            throw error
        }
    }

    deinit {
        unsafe umount2(path, Int32(MNT_DETACH))
        unsafe rmdir(path)
    }
}

/// A cgroup of its own below the cgroup2 mount, wherever that is; removed when dropped.
package final class PrivateCgroup: Sendable {
    package let path: String

    /// The kernel's number for it.
    package let id: UInt64

    package init() throws {
        guard let mount = try MountTable.current().cgroup2 else {
            throw SystemError(.makeDirectory, "cgroup2", .noEntry)
        }
        path = "\(mount)/test-\(UUID().uuidString.prefix(8))"
        try Filesystem.makeDirectory(path)
        id = try Filesystem.identity(path).inode
    }

    deinit {
        try? Cgroup(at: path).destroy(until: Deadline(after: .seconds(5)))
    }
}
