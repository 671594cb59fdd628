// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Where a dataplane lives: the bpffs that holds its pins and the cgroup whose sockets it balances.
package struct DataplaneLocation: Hashable, Sendable {
    package static let defaultBPFFS = "/sys/fs/bpf"

    package var bpffs: String
    /// Nil: the cgroup2 mount that /proc/self/mountinfo names.
    package var cgroup: String?

    package init(bpffs: String = defaultBPFFS, cgroup: String? = nil) {
        self.bpffs = bpffs
        self.cgroup = cgroup
    }
}

/// An enabled dataplane: the door to its pinned maps.
package struct Dataplane: ~Copyable {
    package enum Access: Sendable {
        case reading
        /// Waits for other writers; the lock is held as long as the value lives.
        case writing(until: Deadline)
    }

    package let location: DataplaneLocation
    package let directory: PinDirectory
    private let lock: DirectoryLock?

    /// - Throws: ``DataplaneError``: `notEnabled`, `unsupportedABI`, `damaged`, `locked`.
    package init(at location: DataplaneLocation, _ access: Access) throws(DataplaneError) {
        let directory = PinDirectory.live(on: location.bpffs)
        guard try directory.isPresent() else { throw .notEnabled(bpffs: location.bpffs) }
        guard (try? Filesystem.kind(location.bpffs)) == .bpf else { throw .notBPFFilesystem(path: location.bpffs) }
        let lock = try Self.acquire(access, location.bpffs)
        // The directory may have gone while this waited.
        guard try directory.isPresent() else { throw .notEnabled(bpffs: location.bpffs) }
        try Self.check(directory)
        // Who writes makes the tables whole first.
        if lock != nil { try Drain.takeBack(in: directory) }
        self.location = location
        self.directory = directory
        self.lock = lock
    }

    private static func acquire(_ access: Access, _ bpffs: String) throws(DataplaneError) -> DirectoryLock? {
        guard case .writing(let deadline) = access else { return nil }
        return try lock(bpffs, until: deadline)
    }

    /// The version first: the maps of another one may have other names.
    private static func check(_ directory: PinDirectory) throws(DataplaneError) {
        guard Filesystem.exists(directory.map(.meta)) else { throw .damaged(pin: directory.map(.meta)) }
        _ = try MetaStore(in: directory)
        for name in MapName.essential where !Filesystem.exists(directory.map(name)) {
            throw .damaged(pin: directory.map(name))
        }
    }

    /// One lock per bpffs, on the directory itself: nothing is left behind, and it goes with its holder.
    static func lock(_ bpffs: String, until deadline: Deadline) throws(DataplaneError) -> DirectoryLock {
        do {
            return try DirectoryLock(on: bpffs, until: deadline)
        } catch {
            guard error.errno == .timedOut else { throw .system(error) }
            throw .locked(
                by: DirectoryLock.holder(of: bpffs),
                isDraining: Filesystem.exists(PinDirectory.live(on: bpffs).drainNote))
        }
    }

    package func record() throws(DataplaneError) -> DataplaneRecord { try MetaStore(in: directory).record() }
    package func services() throws(DataplaneError) -> ServiceStore { try ServiceStore(in: directory) }
    package func affinity() throws(DataplaneError) -> AffinityStore { try AffinityStore(in: directory) }
    package func connections() throws(DataplaneError) -> ConnectionStore { try ConnectionStore(in: directory) }
    package func routes() throws(DataplaneError) -> RouteStore {
        try RouteStore(in: directory, noDSR: EnableOptions(words: record().configuration).noDSR)
    }
    package func counters() throws(DataplaneError) -> [CounterReading] { try CounterReading.readAll(in: directory) }
    package func maps() throws(DataplaneError) -> [MapUsage] { try MapUsage.readAll(in: directory) }
    package func attachments() throws(DataplaneError) -> [Attachment] { try Attachment.all(in: directory) }
}
