// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
internal import BPFRuntime
internal import DataplaneModel
package import LinuxSystem
internal import Topology

/// The transaction that puts the dataplane on a node, or brings the one that is there up to date.
///
/// Every change is noted before the next one is made, and taken back in reverse when one fails. A process killed in
/// between leaves pins from which the next `enable` or `disable` finds everything again.
package struct Enable: ~Copyable {
    let location: DataplaneLocation
    let options: EnableOptions
    let toolVersion: String
    let willPerform: (EnableStep) throws(DataplaneError) -> Void
    let snapshot: NodeSnapshot
    let selection: InterfaceSelection
    let cgroup: String
    let cgroupID: UInt64
    let mechanism: AttachMechanism
    var overlay = OverlayOutcome.off
    var undo = Undo()
    /// An upgrade was killed, so what is pinned may not be what is attached.
    var wasInterrupted = false
    var changes: [EnableChange] = []

    /// Reads the node and checks the options against it; changes nothing.
    ///
    /// - Parameter willPerform: called before each step; an error thrown by it ends the transaction as a failure would.
    package init(
        at location: DataplaneLocation, options: EnableOptions, toolVersion: String,
        willPerform: @escaping (EnableStep) throws(DataplaneError) -> Void = { _ in }
    ) throws(DataplaneError) {
        let live = PinDirectory.live(on: location.bpffs)
        if Filesystem.exists(live.map(.meta)) { try HomeNamespace.require(live) }
        let snapshot = try system { () throws(SystemError) in try NodeSnapshot(reading: NetlinkSocket()) }
        let selection = InterfaceSelection(snapshot, options: options.selection)
        if let error = selection.errors.first { throw .topology(error) }
        try Self.checkOverlayName(snapshot, options)
        let mounts = try system { () throws(SystemError) in try MountTable.current() }
        let cgroup = location.cgroup ?? mounts.cgroup2
        guard options.connectTime == .off || cgroup != nil else { throw .noCgroup }
        let cgroupID: UInt64? = try system { () throws(SystemError) in
            guard let cgroup, options.connectTime != .off else { return nil }
            return try Filesystem.identity(cgroup).inode
        }
        self.location = location
        self.options = options
        self.toolVersion = toolVersion
        self.willPerform = willPerform
        self.snapshot = snapshot
        self.selection = selection
        self.cgroup = cgroup ?? ""
        self.cgroupID = cgroupID ?? 0
        mechanism = options.mechanism ?? .preferred
    }

    /// Does it, or with `isDryRun` says what would be done.
    package consuming func run(isDryRun: Bool, lockedUntil deadline: Deadline) throws(DataplaneError) -> EnableReport {
        do {
            return try perform(isDryRun: isDryRun, deadline)
        } catch {
            let failed = undo.run()
            guard failed.isEmpty else { throw .leftovers(failed, after: "\(error)") }
            throw error
        }
    }

    private mutating func perform(isDryRun: Bool, _ deadline: Deadline) throws(DataplaneError) -> EnableReport {
        if try !mountIfAbsent(isDryRun: isDryRun) {
            try planOverlay()
            return report(isUpgrade: false, wanted: wantedAttachments())
        }
        let lock = try Dataplane.lock(location.bpffs, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        let live = PinDirectory.live(on: location.bpffs)
        let isUpgrade = Filesystem.exists(live.map(.meta))
        // The version first: the maps of another one may have names that here look like somebody else's.
        if isUpgrade { _ = try MetaStore(in: live) }
        for directory in [PinDirectory.staging(on: location.bpffs), live] {
            let foreign = try Disable.foreignPins(in: directory)
            guard foreign.isEmpty else { throw .foreignPins(foreign) }
        }
        if isDryRun {
            try planOverlay()
            try isUpgrade ? planUpgrade(live) : changes.append(contentsOf: wantedAttachments().map { .attached($0) })
            return report(isUpgrade: isUpgrade, wanted: [])
        }
        try cleanUp(isUpgrade: isUpgrade)
        if isUpgrade { try Drain.takeBack(in: live) }
        try isUpgrade ? upgrade(live) : install(live)
        undo.forget()
        try removeObsoleteOverlays()
        return report(isUpgrade: isUpgrade, wanted: [])
    }

    private func report(isUpgrade: Bool, wanted: [Attachment]) -> EnableReport {
        EnableReport(
            isUpgrade: isUpgrade, changes: changes + wanted.map { .attached($0) }, selection: selection,
            mechanism: mechanism, overlay: overlay)
    }

    /// - Returns: false when a dry run found no bpffs, so that there is nothing more to look at.
    private mutating func mountIfAbsent(isDryRun: Bool) throws(DataplaneError) -> Bool {
        let path = location.bpffs
        let mounts = try system { () throws(SystemError) in try MountTable.current() }
        if Filesystem.exists(path), let kind = try? Filesystem.kind(path), kind == .bpf { return true }
        if let mount = mounts.mount(at: path), mount.type != "bpf" { throw .notBPFFilesystem(path: path) }
        // A mount would hide what is there.
        if let names = try? Filesystem.list(path), !names.isEmpty { throw .occupiedMountPoint(path: path) }
        // A mount made in a namespace of this process's own would vanish with it, and all pins with the mount.
        guard Self.mountsOutliveThisProcess() else { throw .privateMountNamespace(path: path) }
        changes.append(.mounted(path))
        guard !isDryRun else { return false }
        try willPerform(.mountBPFFS(path))
        let isNew = !Filesystem.exists(path)
        try system { () throws(SystemError) in
            if isNew { try Filesystem.makeDirectories(path) }
            try Filesystem.mountBPF(at: path)
        }
        undo.add("bpffs on \(path)") { () throws(DataplaneError) in
            try system { () throws(SystemError) in
                try Filesystem.unmount(path)
                if isNew { try Filesystem.removeDirectory(path) }
            }
        }
        return true
    }

    /// False in a mount namespace of this command alone, such as `ip netns exec` makes, or of its shell alone.
    private static func mountsOutliveThisProcess() -> Bool {
        guard let own = try? Filesystem.identity("/proc/self/ns/mnt") else { return true }
        let others = ["/proc/\(RunningProcess.parentID)/ns/mnt", "/proc/1/ns/mnt"]
        return others.compactMap { try? Filesystem.identity($0) }.allSatisfy { $0 == own }
    }

    /// Takes away what a killed command has left: a staging directory, or a live one that has no record.
    private mutating func cleanUp(isUpgrade: Bool) throws(DataplaneError) {
        let staging = PinDirectory.staging(on: location.bpffs)
        let live = PinDirectory.live(on: location.bpffs)
        for directory in [staging] + (isUpgrade ? [] : [live]) where directory.exists {
            try willPerform(.cleanUp(directory.path))
            try Disable.clear(directory, detaching: !isUpgrade)
            if isUpgrade { wasInterrupted = true }
        }
    }
}

extension Enable {
    /// What should be attached, by role of the interface and by the options.
    func wantedAttachments() -> [Attachment] {
        let programs = programs().filter { options.families.contains($0.family) }
        let links =
            selection.workloads.filter(\.hasEthernetHeader).map { Target($0.index, .workload) }
            + selection.uplinks.map { Target($0.index, .uplink, layer3: !$0.hasEthernetHeader) }
            + overlayIndexes.map { Target($0, .overlay) }
        var wanted: [Attachment] = []
        for program in programs {
            switch program.hook {
            case .interface(let role, let direction):
                wanted += links.filter { $0.role == role && $0.layer3 == program.layer3 }.map { link in
                    Attachment(wanting: program, at: .interface(index: link.index, direction, mechanism))
                }
            case .cgroup(let type):
                guard options.connectTime.includes(program) else { continue }
                wanted.append(Attachment(wanting: program, at: .cgroup(type, id: cgroupID)))
            }
        }
        return wanted
    }

    private struct Target {
        let index: UInt32
        let role: DataplaneProgram.Role
        let layer3: Bool

        init(_ index: UInt32, _ role: DataplaneProgram.Role, layer3: Bool = false) {
            self.index = index
            self.role = role
            self.layer3 = layer3
        }
    }

    /// What is to be loaded: the variants for devices without Ethernet header only where there is one.
    ///
    /// - Parameter attached: what stays attached whatever the options say.
    func programs(keeping attached: [Attachment] = []) -> [DataplaneProgram] {
        let needsVariants =
            selection.uplinks.contains { !$0.hasEthernetHeader } || attached.contains(where: \.program.layer3)
        return needsVariants ? DataplaneProgram.known : DataplaneProgram.all
    }

    var kernelRoutes: KernelRoutes { KernelRoutes(snapshot, selection, families: options.families) }

    /// The tool's version and a digest of the programs it carries, so that a rebuilt tool replaces them.
    var build: String { "\(toolVersion) \(Self.digest)" }

    /// FNV-1a over all images.
    private static let digest: String = {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for (image, _) in ProgramLoader.images(of: DataplaneProgram.all) {
            for byte in image.bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return String(hash, radix: 16)
    }()

    /// What is recorded: the options, and where the sockets are that connect-time programs serve.
    var configuration: [String] {
        options.words + (location.cgroup.map { [Self.cgroupWord + $0] } ?? [])
    }

    private static let cgroupWord = "--cgroup="

    /// Nil where the cgroup2 mount was served.
    static func cgroup(of record: DataplaneRecord) -> String? {
        record.configuration.first { $0.hasPrefix(cgroupWord) }.map { String($0.dropFirst(cgroupWord.count)) }
    }

    func now() -> UInt64 { UInt64(clamping: WallClock.seconds) }
}
