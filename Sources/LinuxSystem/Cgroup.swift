// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A directory of a cgroup2 hierarchy.
package struct Cgroup: Hashable, Sendable {
    package let path: String

    package init(at path: String) {
        self.path = path
    }

    /// Makes the directory, and its parents where they are missing.
    package static func make(_ path: String) throws(SystemError) -> Cgroup {
        try Filesystem.makeDirectories(path)
        return Cgroup(at: path)
    }

    /// The processes in this very cgroup, not in those below.
    package func processes() throws(SystemError) -> [Int32] {
        try Filesystem.readText("\(path)/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }
    }

    /// The cgroups directly below, by name.
    package func children() throws(SystemError) -> [Cgroup] {
        try Filesystem.list(path).map { "\(path)/\($0)" }.filter(Filesystem.isDirectory).map(Cgroup.init(at:))
    }

    /// Kills every process in it and below, and removes it and everything below.
    ///
    /// - Throws: ``SystemError`` with operation `removeDirectory` and `EBUSY` when a process has not ended in time.
    package func destroy(until deadline: Deadline) throws(SystemError) {
        for child in try children() { try child.destroy(until: deadline) }
        while true {
            for id in try processes() { kill(id, SIGKILL) }
            do throws(SystemError) {
                return try Filesystem.removeDirectory(path)
            } catch  where error.errno == .busy {
                if deadline.hasPassed { throw error }
                // A killed process leaves its cgroup a moment later, when it is scheduled to die.
                usleep(Self.pauseMicroseconds)
            }
        }
    }

    /// The numbers (inodes) of this process's own cgroup and of those around it, innermost first.
    ///
    /// - Returns: empty where no cgroup2 hierarchy is mounted, or the process's is not in sight.
    package static var ownAncestry: [UInt64] {
        guard let mount = try? MountTable.current().cgroup2, let text = try? Filesystem.readText("/proc/self/cgroup"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return [] }
        var names = line.dropFirst(4).split(separator: "/")
        var numbers: [UInt64] = []
        while true {
            let path = ([mount] + names.map(String.init)).joined(separator: "/")
            if let identity = try? Filesystem.identity(path) { numbers.append(identity.inode) }
            if names.popLast() == nil { return numbers }
        }
    }

    private static var pauseMicroseconds: UInt32 { 2_000 }
}
