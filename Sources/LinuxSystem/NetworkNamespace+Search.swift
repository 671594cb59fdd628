// SPDX-License-Identifier: Apache-2.0

extension NetworkNamespace {
    /// A path to each network namespace that can be found, once: the caller's own, then by processes, then by mounts.
    ///
    /// Not found are those that only threads, descriptors or processes of an outer PID namespace hold. Those that may
    /// not be opened come last.
    package static func findAll() throws(SystemError) -> [String] {
        var search = NamespaceSearch()
        search.add(process: "/proc/thread-self")
        for entry in try Filesystem.list("/proc") where entry.utf8.allSatisfy(isDigit) {
            search.add(process: "/proc/\(entry)")
        }
        for mount in try MountTable.current().mounts where mount.type == "nsfs" && mount.root.hasPrefix("net:") {
            search.add(mount.path)
        }
        return search.paths + search.closedPaths
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

private struct NamespaceSearch {
    private(set) var paths: [String] = []
    private var seen: Set<Filesystem.Identity> = []
    /// Processes whose namespace may not be opened.
    private var closed: [String] = []
    /// What `net/dev` is in the namespaces seen.
    private var devices: Set<Filesystem.Identity> = []

    mutating func add(process: String) {
        let namespace = "\(process)/ns/net"
        do {
            if try insert(namespace), let device = Self.device(process) { devices.insert(device) }
        } catch {
            if [.accessDenied, .notPermitted].contains(error.errno) { closed.append(process) }
        }
    }

    /// Passed over when it has gone meanwhile.
    mutating func add(_ path: String) { _ = try? insert(path) }

    private mutating func insert(_ path: String) throws(SystemError) -> Bool {
        guard seen.insert(try Filesystem.identity(path)).inserted else { return false }
        paths.append(path)
        return true
    }

    /// One for each namespace that is none of those seen.
    var closedPaths: [String] {
        var known = devices
        return closed.filter { Self.device($0).map { known.insert($0).inserted } ?? true }.map { "\($0)/ns/net" }
    }

    /// The kernel makes this file anew for each namespace, and shows it of processes whose `ns` is closed to the caller.
    private static func device(_ process: String) -> Filesystem.Identity? {
        try? Filesystem.identity("\(process)/net/dev")
    }
}
