// SPDX-License-Identifier: Apache-2.0

internal import BPFImages
internal import BPFRuntime
internal import LinuxSystem
internal import Topology

extension Enable {
    /// The first time: everything is built in the staging directory, which becomes the live one at the very end.
    mutating func install(_ live: PinDirectory) throws(DataplaneError) {
        let staging = PinDirectory.staging(on: location.bpffs)
        try createDirectory(staging)
        try prepareOverlay()
        try load(ProgramLoader(maps: staging, programs: staging, options: options, node: nodeConstants), programs())
        try willPerform(.writeRoutes)
        let routes = try RouteStore(in: staging, noDSR: options.noDSR).synchronize(with: kernelRoutes)
        changes.append(.routes(routes))
        let attacher = Attacher(directory: staging, cgroup: cgroup)
        for attachment in wantedAttachments() {
            try attach(attachment, by: attacher, pinnedIn: staging)
        }
        try willPerform(.record)
        try MetaStore(in: staging, isNew: true).write(
            DataplaneRecord(toolVersion: build, enabledAt: now(), configuration: configuration))
        try willPerform(.publish)
        try system { () throws(SystemError) in try Filesystem.rename(staging.path, to: live.path) }
    }

    /// - Parameter detaching: whether what is attached from it goes with it, should a later step fail.
    mutating func createDirectory(_ directory: PinDirectory, detaching: Bool = true) throws(DataplaneError) {
        try willPerform(.createDirectory(directory.path))
        undo.add(directory.path) { () throws(DataplaneError) in
            try Disable.clear(directory, detaching: detaching)
        }
        try system { () throws(SystemError) in
            for path in [directory.path, directory.maps, directory.programs, directory.links] {
                try Filesystem.makeDirectory(path, mode: 0o700)
            }
        }
    }

    /// Loads every program, attached or not: `program attach` takes them from their pins.
    mutating func load(
        _ loader: ProgramLoader, _ wanted: [DataplaneProgram]
    ) throws(DataplaneError) {
        for (image, programs) in ProgramLoader.images(of: wanted) {
            try willPerform(.load(image.name))
            try loader.load(image, pinning: programs)
        }
    }

    mutating func attach(
        _ attachment: Attachment, by attacher: Attacher, pinnedIn programs: PinDirectory
    ) throws(DataplaneError) {
        try willPerform(.attach(attachment.linkName))
        let program = try kernel { () throws(KernelError) in
            try Program(pinned: programs.program(attachment.program))
        }
        do {
            try attacher.attach(attachment, program)
        } catch {
            throw interfaceVanished(attachment) ? .unknownInterface(interfaceName(attachment)) : error
        }
        undo.add(attachment.linkName) { () throws(DataplaneError) in try attacher.detach(attachment) }
        changes.append(.attached(attachment))
    }

    private func interfaceName(_ attachment: Attachment) -> String {
        guard case .interface(let index, _, _) = attachment.point else { return "" }
        return snapshot.link(index: index)?.name ?? "#\(index)"
    }

    private func interfaceVanished(_ attachment: Attachment) -> Bool {
        guard case .interface(let index, _, _) = attachment.point, let socket = try? NetlinkSocket() else {
            return false
        }
        let links = (try? socket.links()) ?? []
        return !links.isEmpty && !links.contains { $0.index == index }
    }
}
