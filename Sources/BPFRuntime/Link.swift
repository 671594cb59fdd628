// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import CLinuxShim
internal import LinuxSystem

/// The attachment of a program to a hook, as an object of its own.
///
/// It holds as long as a descriptor or a pin refers to it: dropping the last one detaches the program.
package struct Link: ~Copyable, Sendable {
    /// The attached program's name, the pin's path, or the kernel's number.
    package let name: String

    let descriptor: Descriptor

    private init(name: String, descriptor: consuming Descriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    /// Opens the link pinned at `path`; the pin stays.
    ///
    /// libbpf: `bpf_obj_get`.
    ///
    /// - Throws: ``KernelError`` with detail `kind` when something else than a link is pinned there.
    package init(pinned path: String) throws(KernelError) {
        self.init(name: path, descriptor: try PinnedObject.open(path, as: .link, .openLink))
    }

    /// Opens a link by the kernel's number for it.
    ///
    /// libbpf: `bpf_link_get_fd_by_id`.
    package init(id: UInt32) throws(KernelError) {
        self.init(name: "\(id)", descriptor: try performOpening(.openLink, "\(id)") { bpf_link_get_fd_by_id(id) })
    }

    /// Attaches a program to a cgroup, beside those that are there already.
    ///
    /// Needs Linux 5.7. libbpf: `bpf_link_create`.
    ///
    /// - Parameter cgroup: the path of a directory on a cgroup2 mount.
    package init(
        attaching program: borrowing Program, cgroup: String, as type: AttachType
    ) throws(KernelError) {
        let directory = try Cgroup.open(cgroup)
        let (number, group) = (program.descriptor.rawValue, directory.rawValue)
        let descriptor = try performOpening(.attach, program.name, to: cgroup) {
            bpf_link_create(number, group, bpf_attach_type(type.rawValue), nil)
        }
        self.init(name: program.name, descriptor: descriptor)
    }

    /// Attaches a program to an interface of this network namespace by tcx.
    ///
    /// Needs Linux 6.6; bpf(2): `BPF_LINK_CREATE`.
    ///
    /// - Throws: ``KernelError``: `EINVAL` where the kernel has no tcx, `ENODEV` for an unknown interface.
    package init(
        attaching program: borrowing Program, interface: UInt32, direction: TrafficDirection,
        position: TCXPosition = .last
    ) throws(KernelError) {
        let number = program.descriptor.rawValue
        let type = direction.tcxAttachType.rawValue
        let descriptor = try performOpening(.attach, program.name, to: interfaceName(interface)) {
            shim_tcx_link_create(number, interface, type, position.flags, position.relative)
        }
        self.init(name: program.name, descriptor: descriptor)
    }
}

extension Link {
    /// Puts another program in the place of the attached one; every packet meets one of the two.
    ///
    /// libbpf: `bpf_link_update`.
    package func replaceProgram(with program: borrowing Program) throws(KernelError) {
        let number = program.descriptor.rawValue
        try perform(.replaceProgram, program.name, to: name) {
            bpf_link_update(descriptor.rawValue, number, nil)
        }
    }

    /// Pins the link at `path`, so that it holds without a descriptor; the path must be free (`EEXIST` otherwise).
    ///
    /// libbpf: `bpf_obj_pin`.
    package func pin(at path: String) throws(KernelError) {
        try perform(.pin, path) { unsafe bpf_obj_pin(descriptor.rawValue, path) }
    }

    /// Detaches the program at once, whoever else holds the link; pins stay, as empty shells.
    ///
    /// Needs Linux 5.9. libbpf: `bpf_link_detach`.
    package func detach() throws(KernelError) {
        try perform(.detach, name) { bpf_link_detach(descriptor.rawValue) }
    }

    /// What is attached where, now.
    ///
    /// bpf(2): `BPF_OBJ_GET_INFO_BY_FD`.
    package func info() throws(KernelError) -> LinkInfo {
        var raw = shim_link_info()
        try perform(.readInformation, name) { unsafe shim_link_info_get(descriptor.rawValue, &raw) }
        return LinkInfo(raw)
    }

    /// The numbers of all links in the kernel, in ascending order; one may be gone by the time it is opened.
    ///
    /// libbpf: `bpf_link_get_next_id`.
    package static func allIDs() throws(KernelError) -> [UInt32] {
        try KernelIDs.all(.listLinks, next: { unsafe bpf_link_get_next_id($0, &$1) })
    }
}
