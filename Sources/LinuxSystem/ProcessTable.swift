// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A process that runs, as `/proc` shows it.
package struct RunningProcess: Hashable, Sendable {
    package let id: Int32

    /// The command name, which the kernel cuts to 15 bytes.
    package let name: String

    /// Empty for threads of the kernel.
    package let arguments: [String]

    package init(id: Int32, name: String, arguments: [String]) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    /// The calling process.
    package static var ownID: Int32 { getpid() }

    /// The process that started this one; 0 when that is in another PID namespace.
    package static var parentID: Int32 { getppid() }

    /// All processes of the calling process's PID namespace, by id; those that end meanwhile are left out.
    package static func all() throws(SystemError) -> [RunningProcess] {
        let entries: [String]
        do throws(SystemError) {
            entries = try Filesystem.list("/proc")
        } catch {
            throw SystemError(.readProcesses, "/proc", error.errno)
        }
        return entries.compactMap { Int32($0) }.sorted().compactMap(RunningProcess.init(id:))
    }

    /// nil when there is no such process.
    package init?(id: Int32) {
        guard let name = try? Filesystem.readText("/proc/\(id)/comm") else { return nil }
        let line = (try? Filesystem.readText("/proc/\(id)/cmdline")) ?? ""
        self.init(
            id: id, name: String(name.prefix { $0 != "\n" }), arguments: line.split(separator: "\0").map(String.init))
    }
}
