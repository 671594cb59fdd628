// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

/// Puts programs on hooks and takes them off again; knows nothing of why.
struct Attacher: Sendable {
    let directory: PinDirectory
    /// The cgroup2 directory of connect-time programs.
    let cgroup: String

    func attach(_ attachment: Attachment, _ program: borrowing Program) throws(DataplaneError) {
        switch attachment.point {
        case .interface(let index, let direction, .tcx):
            try kernel { () throws(KernelError) in
                let link = try Link(attaching: program, interface: index, direction: direction)
                try link.pin(at: directory.link(attachment.linkName))
            }
        case .interface(let index, _, .clsact):
            try prepareDiscipline(index)
            let place = place(of: attachment)
            try kernel { () throws(KernelError) in try TrafficControl.attach(program, at: place, replacing: true) }
        case .cgroup(let type, _):
            try kernel { () throws(KernelError) in
                let link = try Link(attaching: program, cgroup: cgroup, as: type)
                try link.pin(at: directory.link(attachment.linkName))
            }
        }
    }

    /// Exchanges the program of an attachment that is in place; every packet meets the old one or the new one.
    func replace(_ attachment: Attachment, with program: borrowing Program) throws(DataplaneError) {
        switch attachment.point {
        case .interface(_, _, .clsact):
            let place = place(of: attachment)
            try kernel { () throws(KernelError) in try TrafficControl.attach(program, at: place, replacing: true) }
        case .interface(_, _, .tcx), .cgroup:
            try kernel { () throws(KernelError) in
                try Link(pinned: directory.link(attachment.linkName)).replaceProgram(with: program)
            }
        }
    }

    func detach(_ attachment: Attachment) throws(DataplaneError) {
        switch attachment.point {
        case .interface(let index, _, .clsact):
            let place = place(of: attachment)
            try kernel { () throws(KernelError) in _ = try TrafficControl.detach(place) }
            try releaseDiscipline(index)
        case .interface(_, _, .tcx), .cgroup:
            let path = directory.link(attachment.linkName)
            // Without the detach a reader of the pin could keep the program in place a moment longer.
            if attachment.isInPlace {
                try kernel { () throws(KernelError) in try Link(pinned: path).detach() }
            }
            try system { () throws(SystemError) in try Filesystem.removeFile(path) }
        }
    }

    private func place(of attachment: Attachment) -> TrafficControl.Place {
        guard case .interface(let index, let direction, _) = attachment.point else {
            return TrafficControl.Place(interface: 0, direction: .ingress, priority: 0, handle: 0)
        }
        return TrafficControl.Place(
            interface: index, direction: direction, priority: FilterPlace.priority(attachment.program.family),
            handle: attachment.isManual ? FilterPlace.manualHandle : FilterPlace.handle)
    }

    /// An empty directory notes that the interface's clsact discipline is ours, made before the discipline itself.
    private func disciplineNote(_ index: UInt32) -> String { directory.link("\(Self.notePrefix)\(index)") }

    static let notePrefix = "clsact-"

    private func prepareDiscipline(_ index: UInt32) throws(DataplaneError) {
        let note = disciplineNote(index)
        let isNoted = Filesystem.exists(note)
        if !isNoted { try system { () throws(SystemError) in try Filesystem.makeDirectory(note) } }
        let isNew = try kernel { () throws(KernelError) in try TrafficControl.prepare(interface: index) }
        if !isNew && !isNoted { try system { () throws(SystemError) in try Filesystem.removeDirectory(note) } }
    }

    /// The interfaces that there are notes about.
    private func notedInterfaces() throws(DataplaneError) -> [UInt32] {
        let names = try system { () throws(SystemError) in try Filesystem.list(directory.links) }
        return names.compactMap { $0.hasPrefix(Self.notePrefix) ? UInt32($0.dropFirst(Self.notePrefix.count)) : nil }
    }

    /// Drops the notes about interfaces that are gone: the kernel may give their numbers to others.
    func forgetInterfaces(except present: Set<UInt32>) throws(DataplaneError) {
        for index in try notedInterfaces() where !present.contains(index) {
            try system { () throws(SystemError) in try Filesystem.removeDirectory(disciplineNote(index)) }
        }
    }

    /// Removes the disciplines that a killed command has made and not come to use.
    func releaseDisciplines() throws(DataplaneError) {
        for index in try notedInterfaces() { try releaseDiscipline(index) }
    }

    /// Removes the discipline with its last filter, if it was made by us and nobody else uses it.
    private func releaseDiscipline(_ index: UInt32) throws(DataplaneError) {
        let note = disciplineNote(index)
        guard Filesystem.exists(note) else { return }
        let isGone = try kernel { () throws(KernelError) in try TrafficControl.removeIfEmpty(interface: index) }
        if isGone { try system { () throws(SystemError) in try Filesystem.removeDirectory(note) } }
    }
}
