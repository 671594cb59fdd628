// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// What a lab leaves on the machine, found by its name alone: also after the process that built it was killed.
package struct LabRemains: Hashable, Sendable {
    /// A directory for each lab that exists.
    package static let parent = "/run/ebpfctl/lab"

    /// Held while a lab is born and while abandoned ones are looked for, so that no lab is taken for dead at birth.
    static let registryLock = "/run/ebpfctl/lab.lock"

    /// How long the programs of a lab may take to die.
    private static let patience = Duration.seconds(3)

    package let name: String

    package init(of name: String) {
        self.name = name
    }

    var directory: String { "\(Self.parent)/\(name)" }

    /// Locked as long as the process lives that built the lab.
    var lock: String { "\(directory)/lock" }

    /// Its presence says that the lab is meant to outlive that process.
    var keptMark: String { "\(directory)/kept" }

    func bpffs(ofNode number: Int) -> String { "\(directory)/n\(number)/bpf" }

    /// The cgroup that holds all of the lab's; nil without a cgroup2 hierarchy.
    func cgroup(in mounts: MountTable) -> String? {
        mounts.cgroup2.map { "\($0)/\(name)" }
    }

    /// The labs on this machine, kept ones included, by name.
    package static func all() -> [LabRemains] {
        ((try? Filesystem.list(parent)) ?? []).map(LabRemains.init(of:))
    }

    /// Meant to stay: see ``Lab/keep()``.
    package var isKept: Bool { Filesystem.exists(keptMark) }

    /// Kept, and the process that built it is gone, so that nobody is at work in it.
    package var isKeptAndLeft: Bool { isKept && AdvisoryLock.isFree(lock) }

    /// Not kept, and the process that built it is gone.
    package var isAbandoned: Bool { !isKept && AdvisoryLock.isFree(lock) }

    /// Takes away the labs whose builders were killed.
    ///
    /// - Returns: what could not be taken away.
    package static func removeAbandoned() throws(SystemError) -> [SystemError] {
        let labs = all()
        guard !labs.isEmpty else { return [] }
        let registry = try AdvisoryLock(at: registryLock, until: Deadline(after: birthPatience))
        defer { withExtendedLifetime(registry) {} }
        return labs.filter(\.isAbandoned).flatMap { $0.remove() }
    }

    /// Makes the lab's directory and locks it for this process.
    func claim() throws(SystemError) -> AdvisoryLock {
        try Filesystem.makeDirectories(Self.parent)
        let registry = try AdvisoryLock(at: Self.registryLock, until: Deadline(after: Self.birthPatience))
        defer { withExtendedLifetime(registry) {} }
        try Filesystem.makeDirectories(directory)
        return try AdvisoryLock(at: lock, until: Deadline(after: .zero))
    }

    private static var birthPatience: Duration { .seconds(10) }

    /// Ends the lab's programs and takes everything away that bears its name.
    ///
    /// - Returns: what could not be taken away, in the order met.
    package func remove() -> [SystemError] {
        var problems: [SystemError] = []
        func attempt(_ step: () throws(SystemError) -> Void) {
            do throws(SystemError) { try step() } catch { problems.append(error) }
        }
        let mounts = (try? MountTable.current()) ?? MountTable(mounts: [])
        if let cgroup = cgroup(in: mounts), Filesystem.exists(cgroup) {
            attempt { () throws(SystemError) in try Cgroup(at: cgroup).destroy(until: Deadline(after: Self.patience)) }
        }
        for namespace in ((try? NetworkNamespace.names()) ?? []).reversed() where namespace.hasPrefix("\(name)-") {
            attempt { () throws(SystemError) in try NetworkNamespace.delete(namespace) }
        }
        for path in mounts.bpf.reversed() where path.hasPrefix("\(directory)/") {
            attempt { () throws(SystemError) in try Filesystem.unmount(path) }
        }
        if Filesystem.exists(directory) {
            // The lock goes last: what is interrupted here is found abandoned later.
            attempt { () throws(SystemError) in
                try Self.removeContents(of: directory, except: lock)
                if Filesystem.exists(lock) { try Filesystem.removeFile(lock) }
                try Filesystem.removeDirectory(directory)
            }
        }
        return problems
    }

    private static func removeContents(of directory: String, except kept: String? = nil) throws(SystemError) {
        for path in try Filesystem.list(directory).map({ "\(directory)/\($0)" }) where path != kept {
            if Filesystem.isDirectory(path) {
                try removeContents(of: path)
                try Filesystem.removeDirectory(path)
            } else {
                try Filesystem.removeFile(path)
            }
        }
    }
}
