// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
package import LinuxSystem

/// Takes away whatever a dataplane of this tool has left on the node: whole, half, of another version, or without pins.
///
/// What it cannot show to be ours stays, and is named.
package enum Cleanup {
    package static func run(
        at location: DataplaneLocation, isDryRun: Bool, lockedUntil deadline: Deadline
    ) throws(DataplaneError) -> DisableReport {
        let isBPFFS = (try? Filesystem.kind(location.bpffs)) == .bpf
        let directories = isBPFFS ? try Disable.directories(on: location) : []
        let lock = directories.isEmpty ? nil : try Dataplane.lock(location.bpffs, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        let pins = try PinInventory(directories)
        var removed: [RemovedItem] = []
        for path in pins.own where path.kind == .link {
            removed.append(RemovedItem(kind: .attachment, name: path.name))
            if !isDryRun { try detachLink(path.path) }
        }
        removed += try removeFilters(pins, isDryRun: isDryRun)
        if !isDryRun {
            for directory in directories where Filesystem.isDirectory(directory.links) {
                try Attacher(directory: directory, cgroup: "").releaseDisciplines()
            }
        }
        removed += try Disable.removeDevices(isDryRun: isDryRun)
        removed += directories.map { RemovedItem(kind: .directory, name: $0.path) }
        if !isDryRun { for directory in directories { try clear(directory, pins) } }
        let isWhole = pins.foreign.isEmpty && !isDryRun
        var leftovers = isWhole ? directories.filter(\.exists).map(\.path) : []
        if !isDryRun { leftovers += try Disable.devices().map { "device \($0.name)" } }
        return DisableReport(
            wasEnabled: !removed.isEmpty, removed: removed.filter { !isKept($0, pins) }, leftovers: leftovers,
            foreign: pins.foreign)
    }

    /// A directory stays with what is not ours in it.
    private static func isKept(_ item: RemovedItem, _ pins: PinInventory) -> Bool {
        item.kind == .directory && pins.foreign.contains { $0.hasPrefix("\(item.name)/") }
    }

    private static func detachLink(_ path: String) throws(DataplaneError) {
        try kernel { () throws(KernelError) in
            let link = try Link(pinned: path)
            // A link whose interface or cgroup is gone has nothing to be detached from.
            do throws(KernelError) { try link.detach() } catch {
                guard error.errno == .noEntry || error.errno == .noDevice || error.errno == .invalidArgument else {
                    throw error
                }
            }
        }
        try system { () throws(SystemError) in try Filesystem.removeFile(path) }
    }

    /// Filters outlive the pins of what they run, as when the bpffs was unmounted.
    private static func removeFilters(
        _ pins: PinInventory, isDryRun: Bool
    ) throws(DataplaneError) -> [RemovedItem] {
        let links = try system { () throws(SystemError) in try NetlinkSocket().links() }
        var removed: [RemovedItem] = []
        for link in links {
            // An interface that cannot be asked is gone by now, and its filters with it.
            for filter in (try? TrafficControl.filters(of: link.index)) ?? [] {
                guard let id = filter.programID, let name = pins.ownProgram(id, at: filter.place) else { continue }
                removed.append(RemovedItem(kind: .attachment, name: "\(name)-\(link.index)"))
                guard !isDryRun else { continue }
                try kernel { () throws(KernelError) in _ = try TrafficControl.detach(filter.place) }
            }
        }
        return removed
    }

    /// Removes what is ours, the record first: without it a directory is a leftover, which anybody may clear away.
    private static func clear(_ directory: PinDirectory, _ pins: PinInventory) throws(DataplaneError) {
        let own = pins.own.filter { $0.path.hasPrefix("\(directory.path)/") && $0.kind != .link }.map(\.path)
        let record = directory.map(.meta)
        try system { () throws(SystemError) in
            // Notes about disciplines have gone with these.
            for path in own.filter({ $0 == record }) + own.filter({ $0 != record }) where Filesystem.exists(path) {
                try Disable.removeEntry(path)
            }
            for path in [directory.links, directory.programs, directory.maps, directory.path] {
                guard Filesystem.isDirectory(path), try Filesystem.list(path).isEmpty else { continue }
                try Filesystem.removeDirectory(path)
            }
        }
    }
}
