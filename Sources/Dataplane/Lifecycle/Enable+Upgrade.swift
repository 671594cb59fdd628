// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem
internal import Topology

/// How the dataplane that is there differs from the one that is wanted.
private struct UpgradePlan {
    var resized: [(map: MapName, from: Int, to: Int, used: Int)] = []
    /// The programs are of another build or were configured differently.
    var reloads = false
    var kept: [Attachment] = []
    var added: [Attachment] = []
    var removed: [Attachment] = []
    /// What is to be loaded.
    var programs: [DataplaneProgram] = []
    var oldRecord: DataplaneRecord
    var newRecord: DataplaneRecord
}

extension Enable {
    mutating func planUpgrade(_ live: PinDirectory) throws(DataplaneError) {
        let plan = try plan(live)
        note(plan)
        if plan.reloads { changes += plan.kept.map { .replaced($0) } }
        changes += plan.added.map { .attached($0) } + plan.removed.map { .detached($0) }
        let routes = try RouteStore(in: live, noDSR: options.noDSR)
        changes.append(.routes(try routes.synchronize(with: kernelRoutes, isDryRun: true)))
    }

    /// Later times: maps stay, programs are exchanged in place, attachments are made to fit the interfaces there are.
    mutating func upgrade(_ live: PinDirectory) throws(DataplaneError) {
        try prepareOverlay()
        let plan = try plan(live)
        let staging = PinDirectory.staging(on: location.bpffs)
        note(plan)
        if plan.reloads {
            try createDirectory(staging, detaching: false)
            try stageMaps(plan, from: live, to: staging)
            try load(
                ProgramLoader(maps: staging, programs: staging, options: options, node: nodeConstants), plan.programs)
            try copyResized(plan, from: live, to: staging, .any)
        }
        let attacher = Attacher(directory: live, cgroup: cgroup)
        if plan.reloads { try exchange(plan.kept, by: attacher, live: live, staging: staging) }
        try writeRoutes(plan, in: plan.reloads ? staging : live)
        // A stale pin may bear the name that a new link needs.
        for attachment in plan.removed where !attachment.isInPlace { try detach(attachment, by: attacher) }
        for attachment in plan.added {
            try attach(attachment, by: attacher, pinnedIn: plan.reloads ? staging : live)
        }
        try removeUnwanted(plan, live)
        try attacher.forgetInterfaces(except: Set(snapshot.links.map(\.index) + overlayIndexes))
        try willPerform(.record)
        let old = plan.oldRecord
        undo.add("record") { () throws(DataplaneError) in try MetaStore(in: live).write(old) }
        try MetaStore(in: live).write(plan.newRecord)
        if plan.reloads { try publish(plan, staging, live) }
        undo.forget()
        for program in DataplaneProgram.known where !plan.programs.contains(program) {
            guard Filesystem.exists(live.program(program)) else { continue }
            try system { () throws(SystemError) in try Filesystem.removeFile(live.program(program)) }
        }
    }

    private func plan(_ live: PinDirectory) throws(DataplaneError) -> UpgradePlan {
        let old = try MetaStore(in: live).record()
        let new = DataplaneRecord(toolVersion: build, enabledAt: old.enabledAt, configuration: configuration)
        var plan = UpgradePlan(oldRecord: old, newRecord: new)
        for name in MapName.all {
            guard let size = options.size(of: name), Filesystem.exists(live.map(name)) else { continue }
            let map = try kernel { () throws(KernelError) in try RawMap(pinned: live.map(name)) }
            guard map.info.maxEntries != size else { continue }
            let used = try kernel { () throws(KernelError) in try map.needed() }
            // A table that forgets what has been idle longest can be made as small as one likes.
            guard used <= size || map.info.type.evicts else {
                throw .mapTooSmall(map: "\(name)", wanted: Int(size), used: used)
            }
            plan.resized.append((name, Int(map.info.maxEntries), Int(size), used))
        }
        let current = try Attachment.all(in: live)
        plan.programs = programs(keeping: current.filter { $0.isManual && $0.isInPlace })
        let isWhole =
            MapName.all.allSatisfy { Filesystem.exists(live.map($0)) }
            && plan.programs.allSatisfy { Filesystem.exists(live.program($0)) }
        plan.reloads =
            wasInterrupted || !plan.resized.isEmpty || !isWhole || old.toolVersion != new.toolVersion
            || old.configuration != new.configuration
        if !plan.reloads { plan.reloads = try constantsDiffer(live) }
        // One that was attached by hand serves its place as well.
        let inPlace = Set(current.filter(\.isInPlace).map(\.servedPlace))
        let wanted = wantedAttachments()
        plan.kept = current.filter { $0.isInPlace && ($0.isManual || wanted.contains($0.place)) }
        plan.added = wanted.filter { !inPlace.contains($0.servedPlace) }
        let wantedSet = Set(wanted)
        plan.removed = current.filter { !$0.isInPlace || !$0.isManual && !wantedSet.contains($0.place) }
        return plan
    }

    /// Whether the programs know another overlay, other MTUs or other timeouts than those of the node as it is now.
    private func constantsDiffer(_ live: PinDirectory) throws(DataplaneError) -> Bool {
        let wanted = options.programConstants(on: .current, of: nodeConstants).bytes
        guard let program = DataplaneProgram.all.first,
            let loaded = try LoadedConstants.bytes(of: program, in: live)
        else { return false }
        return loaded != wanted
    }

    private mutating func writeRoutes(_ plan: UpgradePlan, in directory: PinDirectory) throws(DataplaneError) {
        try willPerform(.writeRoutes)
        let (desired, old) = (kernelRoutes, EnableOptions(words: plan.oldRecord.configuration).noDSR)
        if old != options.noDSR {
            undo.add("routes") { () throws(DataplaneError) in
                try RouteStore(in: directory, noDSR: old).synchronize(with: desired)
            }
        }
        changes.append(.routes(try RouteStore(in: directory, noDSR: options.noDSR).synchronize(with: desired)))
    }

    private mutating func detach(_ attachment: Attachment, by attacher: Attacher) throws(DataplaneError) {
        try willPerform(.detach(attachment.linkName))
        try attacher.detach(attachment)
        changes.append(.detached(attachment))
    }

    /// Detaches what no option asks for any more; taking that back attaches the program that was there.
    private mutating func removeUnwanted(_ plan: UpgradePlan, _ live: PinDirectory) throws(DataplaneError) {
        let attacher = Attacher(directory: live, cgroup: Self.cgroup(of: plan.oldRecord) ?? cgroup)
        for attachment in plan.removed where attachment.isInPlace {
            try detach(attachment, by: attacher)
            undo.add(attachment.linkName) { () throws(DataplaneError) in
                let old = try kernel { () throws(KernelError) in
                    try Program(pinned: live.program(attachment.program))
                }
                try attacher.attach(attachment, old)
            }
        }
    }

    private mutating func note(_ plan: UpgradePlan) {
        changes += plan.resized.map { .resized(map: "\($0.map)", from: $0.from, to: $0.to, used: $0.used) }
        if plan.oldRecord.configuration != plan.newRecord.configuration {
            changes.append(.configured(from: plan.oldRecord.configuration, to: plan.newRecord.configuration))
        }
        if plan.oldRecord.toolVersion != plan.newRecord.toolVersion {
            changes.append(.programsReloaded(from: plan.oldRecord.toolVersion, to: plan.newRecord.toolVersion))
        }
    }

    /// Pins the maps that stay a second time; the others are made anew by the loader.
    private func stageMaps(
        _ plan: UpgradePlan, from live: PinDirectory, to staging: PinDirectory
    ) throws(DataplaneError) {
        for name in MapName.all {
            guard Filesystem.exists(live.map(name)), !plan.resized.contains(where: { $0.map == name }) else { continue }
            try kernel { () throws(KernelError) in
                try RawMap(pinned: live.map(name)).pin(at: staging.map(name))
            }
        }
    }

    private func copyResized(
        _ plan: UpgradePlan, from live: PinDirectory, to staging: PinDirectory, _ mode: UpdateMode
    ) throws(DataplaneError) {
        for name in plan.resized.map(\.map) {
            try willPerform(.resize(map: "\(name)"))
            try kernel { () throws(KernelError) in
                try RawMap(pinned: live.map(name)).copyEntries(to: RawMap(pinned: staging.map(name)), mode)
            }
        }
    }

    private mutating func exchange(
        _ kept: [Attachment], by attacher: Attacher, live: PinDirectory, staging: PinDirectory
    ) throws(DataplaneError) {
        for attachment in kept {
            try willPerform(.replace(attachment.linkName))
            let path = staging.program(attachment.program)
            let program = try kernel { () throws(KernelError) in try Program(pinned: path) }
            if let id = attachment.programID {
                undo.add(attachment.linkName) { () throws(DataplaneError) in
                    let old = try kernel { () throws(KernelError) in
                        let pin = live.program(attachment.program)
                        return Filesystem.exists(pin) ? try Program(pinned: pin) : try Program(id: id)
                    }
                    try attacher.replace(attachment, with: old)
                }
            }
            try attacher.replace(attachment, with: program)
            changes.append(.replaced(attachment))
        }
    }

    /// Moves the new pins over the old ones, one atomic step each.
    private mutating func publish(
        _ plan: UpgradePlan, _ staging: PinDirectory, _ live: PinDirectory
    ) throws(DataplaneError) {
        try willPerform(.publish)
        // Connections that were made while the programs were being exchanged; the fresher entry wins.
        for name in plan.resized.map(\.map) where !name.isArray {
            try kernel { () throws(KernelError) in
                try RawMap(pinned: live.map(name)).copyEntries(to: RawMap(pinned: staging.map(name)), .create)
            }
        }
        undo.forget()
        try system { () throws(SystemError) in
            for (from, to) in [(staging.maps, live.maps), (staging.programs, live.programs)] {
                for name in try Filesystem.list(from) { try Filesystem.rename("\(from)/\(name)", to: "\(to)/\(name)") }
            }
        }
        try Disable.clear(staging, detaching: false)
    }
}

extension MapName {
    fileprivate var isArray: Bool {
        switch self {
        case .slots, .scratch, .counters, .tracing, .traceRooms, .meta: true
        default: false
        }
    }
}
