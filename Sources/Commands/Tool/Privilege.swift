// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// Capabilities by what a command does; root has them all.
enum Privilege {
    /// Opening pinned maps.
    static let maps: [Capability] = [.bpf]
    /// Loading programs to try them.
    static let programs: [Capability] = [.netAdmin, .bpf]
    /// Finding loaded programs and links by number, which the kernel allows nobody else.
    static let inspection: [Capability] = [.sysAdmin]
    /// Changing what is attached, mounting the bpffs, making network namespaces.
    static let node: [Capability] = [.netAdmin, .sysAdmin]
}

/// What the manuals say that a command needs.
enum Requirement {
    static let enabled = "An enabled dataplane"
    static let maps = "CAP_BPF and access to the bpffs, or root"
    static let programs = "CAP_BPF and CAP_NET_ADMIN, or root"
    static let inspection = "CAP_SYS_ADMIN, or root"
    static let root = "root, or CAP_SYS_ADMIN and CAP_NET_ADMIN"

    /// Of most commands that read or write the tables.
    static let standard = [enabled, maps]
}
