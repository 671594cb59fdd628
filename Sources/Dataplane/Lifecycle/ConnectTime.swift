// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

/// The programs that balance sockets when they connect, as they are and as `enable` was asked for.
package struct ConnectTimeReport: Hashable, Sendable {
    package struct Hook: Hashable, Sendable {
        package let program: DataplaneProgram
        /// What `--connect-time` asks for.
        package let isWanted: Bool
        package let attachments: [Attachment]

        package var isAttached: Bool { attachments.contains(where: \.isInPlace) }
    }

    package let mode: EnableOptions.ConnectTime
    /// Nil without a cgroup2 hierarchy.
    package let cgroup: String?
    package let hooks: [Hook]
    /// Entries about sockets that were sent to a backend; those of closed ones stay until room is needed.
    package let sockets: Int
}

extension Dataplane {
    /// The programs of the families that the dataplane serves, in the order of the catalogue.
    package func connectTime() throws(DataplaneError) -> ConnectTimeReport {
        let record = try record()
        let options = EnableOptions(words: record.configuration)
        let attachments = try attachments()
        let hooks = DataplaneProgram.all.filter { $0.isForSockets && options.families.contains($0.family) }.map {
            program in
            ConnectTimeReport.Hook(
                program: program, isWanted: options.connectTime.includes(program),
                attachments: attachments.filter { $0.program == program })
        }
        let sockets = try kernel { () throws(KernelError) in
            try AddressFamily.allCases.map { (family) throws(KernelError) in
                try RawMap(pinned: directory.map(.sockets(family))).entryCount()
            }
        }
        return ConnectTimeReport(
            mode: options.connectTime, cgroup: try socketCgroup(record), hooks: hooks, sockets: sockets.reduce(0, +))
    }

    /// Attaches what `enable` would, to the cgroup it was told; what is in its place stays.
    ///
    /// - Returns: the programs, with whether they were attached now.
    /// - Throws: ``DataplaneError``: `noCgroup`; `connectTimeOff` when `enable` was told to load them without effect.
    package func attachConnectTime(
        isDryRun: Bool
    ) throws(DataplaneError) -> [(program: DataplaneProgram, isNew: Bool)] {
        let status = try connectTime()
        guard status.mode != .off else { throw .connectTimeOff }
        guard let cgroup = status.cgroup else { throw .noCgroup }
        let id = try system { () throws(SystemError) in try Filesystem.identity(cgroup).inode }
        let attacher = Attacher(directory: directory, cgroup: cgroup)
        var done: [(program: DataplaneProgram, isNew: Bool)] = []
        for hook in status.hooks where hook.isWanted {
            guard case .cgroup(let type) = hook.program.hook else { continue }
            let point = AttachPoint.cgroup(type, id: id)
            let isThere = hook.attachments.contains { $0.isInPlace && $0.point == point }
            done.append((hook.program, !isThere))
            guard !isThere, !isDryRun else { continue }
            // The pin of a link whose cgroup is gone may have the new one's name.
            for stale in hook.attachments where !stale.isInPlace { try attacher.detach(stale) }
            let program = try kernel { () throws(KernelError) in
                try Program(pinned: directory.program(hook.program))
            }
            try attacher.attach(Attachment(wanting: hook.program, at: point), program)
        }
        return done
    }

    /// Detaches every program from every cgroup, those that were attached by hand included.
    ///
    /// - Returns: the programs that were attached.
    package func detachConnectTime(isDryRun: Bool) throws(DataplaneError) -> [DataplaneProgram] {
        let attacher = Attacher(directory: directory, cgroup: "")
        let found = try attachments().filter(\.program.isForSockets)
        if !isDryRun { for attachment in found { try attacher.detach(attachment) } }
        let programs = Set(found.map(\.program))
        return DataplaneProgram.all.filter { programs.contains($0) }
    }

    private func socketCgroup(_ record: DataplaneRecord) throws(DataplaneError) -> String? {
        if let path = location.cgroup ?? Enable.cgroup(of: record) { return path }
        return try system { () throws(SystemError) in try MountTable.current().cgroup2 }
    }
}

extension DataplaneProgram {
    /// Whether it belongs to a cgroup rather than an interface.
    package var isForSockets: Bool {
        if case .cgroup = hook { true } else { false }
    }
}

extension EnableOptions.ConnectTime {
    func includes(_ program: DataplaneProgram) -> Bool {
        self == .all || self == .tcp && program.servesTCP
    }
}
