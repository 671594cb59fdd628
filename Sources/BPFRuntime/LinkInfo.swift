// SPDX-License-Identifier: Apache-2.0

internal import CLinuxShim

/// What the kernel says about a link.
package struct LinkInfo: Hashable, Sendable {
    package let id: UInt32

    /// The program attached now.
    package let programID: UInt32

    package let target: Target

    package enum Target: Hashable, Sendable {
        /// The number is the inode of the cgroup's directory; 0 after ``Link/detach()`` or when the cgroup is gone.
        case cgroup(id: UInt64, AttachType)

        /// The interface is 0 after ``Link/detach()`` or when it is gone.
        case tcx(interface: UInt32, AttachType)

        case xdp(interface: UInt32)

        /// `enum bpf_link_type`.
        case other(type: UInt32)
    }

    init(_ raw: shim_link_info) {
        id = raw.id
        programID = raw.program_id
        let attachType = AttachType(rawValue: raw.attach_type)
        target =
            switch raw.type {
            case 3: .cgroup(id: raw.cgroup_id, attachType)
            case 6: .xdp(interface: raw.ifindex)
            case 11: .tcx(interface: raw.ifindex, attachType)
            default: .other(type: raw.type)
            }
    }
}
