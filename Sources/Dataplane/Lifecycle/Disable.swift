// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
package import LinuxSystem

/// Something that `disable` has taken away, or would.
package struct RemovedItem: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case attachment
        /// The overlay's VXLAN device.
        case device
        case directory
    }

    package let kind: Kind
    package let name: String
}

package struct DisableReport: Hashable, Sendable {
    package var wasEnabled: Bool
    package var removed: [RemovedItem]
    /// What is still there although it should not be; empty when the node is as it was.
    package var leftovers: [String]
    /// Nil when no drain was asked for, or nothing was enabled.
    package var drain: DrainReport?
    /// Files of somebody else among our pins, which ``Cleanup`` leaves there.
    package var foreign: [String] = []
}

/// Takes the dataplane away without a trace, whatever state it is in.
package enum Disable {
    /// - Throws: ``DataplaneError/foreignPins(_:)`` when files of somebody else lie among ours; nothing is touched then.
    package static func run(
        at location: DataplaneLocation, isDryRun: Bool, lockedUntil deadline: Deadline, draining plan: DrainPlan? = nil
    ) throws(DataplaneError) -> DisableReport {
        let directories = try directories(on: location)
        guard !directories.isEmpty else { return try runWithoutPins(isDryRun: isDryRun) }
        let lock = try Dataplane.lock(location.bpffs, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        for directory in directories {
            let foreign = try foreignPins(in: directory)
            guard foreign.isEmpty else {
                // The maps of another version may have names that look like somebody else's here.
                if Filesystem.exists(directory.map(.meta)) { _ = try MetaStore(in: directory) }
                throw .foreignPins(foreign)
            }
        }
        for directory in directories { try HomeNamespace.require(directory) }
        var drain: DrainReport?
        if let plan { drain = try Self.drain(plan, location, isDryRun: isDryRun) }
        if let drain, drain.wasTakenBack {
            return DisableReport(wasEnabled: true, removed: [], leftovers: [], drain: drain)
        }
        var removed: [RemovedItem] = []
        // Before the pins, by which an interrupted command is found to have left something.
        for directory in directories { removed += try detachAll(in: directory, isDryRun: isDryRun) }
        removed += try removeDevices(isDryRun: isDryRun)
        for directory in directories { removed += try clear(directory, isDryRun: isDryRun, detaching: false) }
        var leftovers = isDryRun ? [] : directories.filter(\.exists).map(\.path)
        if !isDryRun { leftovers += try devices().map { "device \($0.name)" } }
        return DisableReport(wasEnabled: true, removed: removed, leftovers: leftovers, drain: drain)
    }

    /// Those that are there. The live one first: it has the notes about disciplines that filters of an interrupted upgrade
    /// need, too.
    static func directories(on location: DataplaneLocation) throws(DataplaneError) -> [PinDirectory] {
        var present: [PinDirectory] = []
        for directory in [PinDirectory.live(on: location.bpffs), .staging(on: location.bpffs)] {
            if try directory.isPresent() { present.append(directory) }
        }
        return present
    }

    /// - Returns: nil without a live dataplane; with a dry run only how many flows there are.
    private static func drain(
        _ plan: DrainPlan, _ location: DataplaneLocation, isDryRun: Bool
    ) throws(DataplaneError) -> DrainReport? {
        let live = PinDirectory.live(on: location.bpffs)
        guard Filesystem.exists(live.map(.meta)) else { return nil }
        // Refuses what is damaged or of another version: its flows cannot be counted.
        let dataplane = try Dataplane(at: location, .reading)
        guard !isDryRun else { return DrainReport(left: try dataplane.translatedFlows()) }
        return try Drain.run(plan, in: live)
    }

    /// The pins may have gone with their bpffs, as they do when it was unmounted.
    static func runWithoutPins(isDryRun: Bool) throws(DataplaneError) -> DisableReport {
        let removed = try removeDevices(isDryRun: isDryRun)
        let leftovers = isDryRun ? [] : try devices().map { "device \($0.name)" }
        return DisableReport(wasEnabled: !removed.isEmpty, removed: removed, leftovers: leftovers)
    }

    static func devices() throws(DataplaneError) -> [NetworkLink] {
        try [OverlayDevice.present(), OverlayDevice.former()].compactMap(\.self)
    }

    static func removeDevices(isDryRun: Bool) throws(DataplaneError) -> [RemovedItem] {
        let devices = try devices()
        for device in devices where !isDryRun { try OverlayDevice.remove(device.index) }
        return devices.map { RemovedItem(kind: .device, name: $0.name) }
    }

    /// Detaches everything of ours and removes the directory, attachments first, so that no program outlives its maps.
    ///
    /// - Parameter detaching: false for the staging directory of an upgrade: its maps, and so its filters, are the live
    ///   dataplane's.
    @discardableResult
    static func clear(
        _ directory: PinDirectory, isDryRun: Bool = false, detaching: Bool = true
    ) throws(DataplaneError) -> [RemovedItem] {
        var removed = detaching ? try detachAll(in: directory, isDryRun: isDryRun) : []
        removed.append(RemovedItem(kind: .directory, name: directory.path))
        guard !isDryRun else { return removed }
        try system { () throws(SystemError) in
            // Without its record a directory is a leftover, which the next `enable` clears away; with it, it must be whole.
            if Filesystem.exists(directory.map(.meta)) { try Filesystem.removeFile(directory.map(.meta)) }
            for path in [directory.links, directory.programs, directory.maps] where Filesystem.isDirectory(path) {
                for name in try Filesystem.list(path) { try removeEntry("\(path)/\(name)") }
                try Filesystem.removeDirectory(path)
            }
            try Filesystem.removeDirectory(directory.path)
        }
        return removed
    }

    static func detachAll(
        in directory: PinDirectory, isDryRun: Bool
    ) throws(DataplaneError) -> [RemovedItem] {
        guard Filesystem.isDirectory(directory.links) else { return [] }
        var removed: [RemovedItem] = []
        let attacher = Attacher(directory: directory, cgroup: "")
        for attachment in try Attachment.all(in: directory) {
            removed.append(RemovedItem(kind: .attachment, name: attachment.linkName))
            if !isDryRun { try attacher.detach(attachment) }
        }
        if !isDryRun { try attacher.releaseDisciplines() }
        return removed
    }

    static func removeEntry(_ path: String) throws(SystemError) {
        if Filesystem.isDirectory(path) {
            try Filesystem.removeDirectory(path)
        } else {
            try Filesystem.removeFile(path)
        }
    }

    /// Entries of the pin directory with names this tool does not give.
    static func foreignPins(in directory: PinDirectory) throws(DataplaneError) -> [String] {
        guard directory.exists else { return [] }
        let known: [(String, (String) -> Bool)] = [
            (directory.path, { ["maps", "programs", "links"].contains($0) }),
            (directory.maps, { name in MapName.all.contains { $0.description == name } }),
            (directory.programs, { name in DataplaneProgram.known.contains { $0.pinName == name } }),
            (
                directory.links,
                { name in
                    Attachment.program(ofLink: name) != nil || name.hasPrefix(Attacher.notePrefix)
                        || name == PinDirectory.drainNoteName
                }
            ),
        ]
        var foreign: [String] = []
        for (path, isOurs) in known where Filesystem.isDirectory(path) {
            let names = try system { () throws(SystemError) in try Filesystem.list(path) }
            foreign += names.filter { !isOurs($0) }.sorted().map { "\(path)/\($0)" }
        }
        return foreign
    }
}
