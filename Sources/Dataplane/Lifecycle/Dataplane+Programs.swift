// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime
internal import LinuxSystem

/// A pinned program as the kernel knows it.
package struct LoadedProgram: Hashable, Sendable {
    package let program: DataplaneProgram
    package let info: ProgramInfo
    package let attachments: [Attachment]
}

extension Dataplane {
    /// All pinned programs in the order of the catalogue, with where they are attached.
    package func programs() throws(DataplaneError) -> [LoadedProgram] {
        let attachments = try attachments()
        var programs: [LoadedProgram] = []
        for program in DataplaneProgram.known where Filesystem.exists(directory.program(program)) {
            let path = directory.program(program)
            let info = try kernel { () throws(KernelError) in try Program(pinned: path).info() }
            programs.append(
                LoadedProgram(
                    program: program, info: info, attachments: attachments.filter { $0.program == program }))
        }
        return programs
    }

    /// Attaches a program by hand; `enable` will leave it, `disable` take it away.
    ///
    /// - Throws: ``DataplaneError``: `wrongHook` and `wrongHeader` where the program belongs elsewhere,
    ///   `unknownProgram` for a variant that no uplink has needed, `alreadyAttached`.
    package func attach(
        _ program: DataplaneProgram, interface index: UInt32, named name: String, _ direction: TrafficDirection,
        mechanism: AttachMechanism? = nil
    ) throws(DataplaneError) -> Attachment {
        guard case .interface(_, direction) = program.hook else {
            throw .wrongHook(program: program.pinName, hook: direction.rawValue)
        }
        try HomeNamespace.require(directory)
        try checkHeader(of: program, interface: index, named: name)
        let mechanism = mechanism ?? .preferred
        let attachment = Attachment(
            wanting: program, at: .interface(index: index, direction, mechanism), isManual: true)
        return try attach(attachment, cgroup: "", to: "\(name) \(direction.rawValue)")
    }

    /// A program that looks for an Ethernet header where there is none, or takes it for IP, would translate nothing.
    private func checkHeader(
        of program: DataplaneProgram, interface index: UInt32, named name: String
    ) throws(DataplaneError) {
        let link = try system { () throws(SystemError) in try NetlinkSocket().link(index: index) }
        guard let link else { throw .unknownInterface(name) }
        let fitting = program.fitting(ethernetHeader: link.hasEthernetHeader)
        guard fitting == program else {
            throw .wrongHeader(program: program.pinName, interface: name, instead: fitting?.pinName)
        }
        guard Filesystem.exists(directory.program(program)) else {
            let loaded = DataplaneProgram.known.filter { Filesystem.exists(directory.program($0)) }
            throw .unknownProgram(program.pinName, known: loaded.map(\.pinName))
        }
    }

    /// As ``attach(_:interface:named:_:mechanism:)``, to a cgroup.
    package func attach(_ program: DataplaneProgram, cgroup: String) throws(DataplaneError) -> Attachment {
        guard case .cgroup(let type) = program.hook else {
            throw .wrongHook(program: program.pinName, hook: "cgroup")
        }
        let id = try system { () throws(SystemError) in try Filesystem.identity(cgroup).inode }
        let attachment = Attachment(wanting: program, at: .cgroup(type, id: id), isManual: true)
        return try attach(attachment, cgroup: cgroup, to: cgroup)
    }

    private func attach(
        _ attachment: Attachment, cgroup: String, to target: String
    ) throws(DataplaneError) -> Attachment {
        let name = attachment.program.pinName
        let isThere = try attachments().contains {
            $0.isInPlace && $0.program == attachment.program && $0.point == attachment.point
        }
        if isThere { throw .alreadyAttached(program: name, to: target) }
        let path = directory.program(attachment.program)
        let program = try kernel { () throws(KernelError) in try Program(pinned: path) }
        try Attacher(directory: directory, cgroup: cgroup).attach(attachment, program)
        return attachment
    }

    /// Detaches a program, whoever of us attached it.
    ///
    /// - Parameter matches: which of its attachments; all that match go.
    /// - Returns: what was detached; empty when nothing matched.
    package func detach(
        _ program: DataplaneProgram, where matches: (AttachPoint) -> Bool
    ) throws(DataplaneError) -> [Attachment] {
        if case .interface = program.hook { try HomeNamespace.require(directory) }
        let attacher = Attacher(directory: directory, cgroup: "")
        let found = try attachments().filter { $0.program == program && matches($0.point) }
        for attachment in found { try attacher.detach(attachment) }
        return found
    }
}
