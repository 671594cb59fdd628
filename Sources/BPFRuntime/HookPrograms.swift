// SPDX-License-Identifier: Apache-2.0

internal import CLinuxShim
import Glibc
internal import LinuxSystem

/// The programs attached to one hook, by whomever, in the order in which they run.
package struct HookPrograms: Hashable, Sendable {
    package let programs: [Attachment]

    /// The kernel's `BPF_F_…` flags of a cgroup hook, such as `BPF_F_ALLOW_MULTI` (2).
    package let flags: UInt32

    package struct Attachment: Hashable, Sendable {
        package let programID: UInt32

        /// The link that holds the program there; nil where it is attached without one or the hook does not tell.
        package let linkID: UInt32?
    }

    /// What is attached to a cgroup.
    ///
    /// bpf(2): `BPF_PROG_QUERY`.
    ///
    /// - Parameter cgroup: the path of a directory on a cgroup2 mount.
    /// - Parameter effective: whether to count what ancestors pass on.
    package static func attached(
        toCgroup cgroup: String, as type: AttachType, effective: Bool = false
    ) throws(KernelError) -> HookPrograms {
        let directory = try Cgroup.open(cgroup)
        let target = UInt32(bitPattern: directory.rawValue)
        return try query(target, type, flags: effective ? 1 : 0, withLinks: false, subject: cgroup)
    }

    /// What is attached to an interface by tcx; filters of the older kind are in ``TrafficControl``.
    ///
    /// Needs Linux 6.6. bpf(2): `BPF_PROG_QUERY`.
    ///
    /// - Throws: ``KernelError``: `EINVAL` where the kernel has no tcx, `ENODEV` for an unknown interface.
    package static func attached(
        toInterface interface: UInt32, direction: TrafficDirection
    ) throws(KernelError) -> HookPrograms {
        try query(interface, direction.tcxAttachType, withLinks: true, subject: interfaceName(interface))
    }

    private static func query(
        _ target: UInt32, _ type: AttachType, flags: UInt32 = 0, withLinks: Bool, subject: String
    ) throws(KernelError) -> HookPrograms {
        var capacity = 16
        while true {
            var programs = [UInt32](repeating: 0, count: capacity)
            var links = [UInt32](repeating: 0, count: capacity)
            var answer = unsafe shim_hook_programs()
            let code = unsafe programs.withUnsafeMutableBufferPointer { programs in
                unsafe links.withUnsafeMutableBufferPointer { links in
                    unsafe answer.program_ids = programs.baseAddress
                    unsafe answer.link_ids = withLinks ? links.baseAddress : nil
                    unsafe answer.count = UInt32(capacity)
                    return failure { unsafe shim_program_query(target, type.rawValue, flags, &answer) }
                }
            }
            let count = unsafe Int(answer.count)
            switch code {
            case nil:
                let pairs = zip(programs, links).prefix(count)
                let found = pairs.map { Attachment(programID: $0, linkID: $1 == 0 ? nil : $1) }
                return HookPrograms(programs: found, flags: unsafe answer.attach_flags)
            case .noSpace: capacity = max(count, capacity * 2)
            case .some(let code): throw KernelError(.queryHook, subject, code)
            }
        }
    }
}

/// Access to cgroups by path.
enum Cgroup {
    static func open(_ path: String) throws(KernelError) -> Descriptor {
        try performOpening(.openCgroup, path) { unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }
}
