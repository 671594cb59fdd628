// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// A program in the kernel, held by a descriptor: it stays loaded at least as long as this value lives.
package struct Program: ~Copyable, Sendable {
    /// The full name in its object, the pin's path, or the kernel's name of at most 15 characters.
    package let name: String

    let descriptor: Descriptor

    init(name: String, descriptor: consuming Descriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    /// Opens the program pinned at `path`; the pin stays.
    ///
    /// libbpf: `bpf_obj_get`.
    ///
    /// - Throws: ``KernelError`` with detail `kind` when something else than a program is pinned there.
    package init(pinned path: String) throws(KernelError) {
        self.init(name: path, descriptor: try PinnedObject.open(path, as: .program, .openProgram))
    }

    /// Opens a loaded program by the kernel's number for it.
    ///
    /// libbpf: `bpf_prog_get_fd_by_id`.
    package init(id: UInt32) throws(KernelError) {
        let descriptor = try performOpening(.openProgram, "\(id)") { bpf_prog_get_fd_by_id(id) }
        let info = try ProgramInfo.reading(descriptor, subject: "\(id)")
        self.init(name: info.name, descriptor: descriptor)
    }

    /// Pins the program at `path`, which must lie on a bpffs and be free (`EEXIST` otherwise).
    ///
    /// libbpf: `bpf_obj_pin`.
    package func pin(at path: String) throws(KernelError) {
        try perform(.pin, path) { unsafe bpf_obj_pin(descriptor.rawValue, path) }
    }

    /// What the kernel says about the program now; the run counters move only while ``Statistics`` is on.
    ///
    /// libbpf: `bpf_obj_get_info_by_fd`.
    package func info() throws(KernelError) -> ProgramInfo {
        try ProgramInfo.reading(descriptor, subject: name)
    }

    /// The numbers of all programs loaded in the kernel, in ascending order.
    ///
    /// A program may be gone again by the time it is opened.
    ///
    /// libbpf: `bpf_prog_get_next_id`.
    package static func allIDs() throws(KernelError) -> [UInt32] {
        try KernelIDs.all(.listPrograms, next: { unsafe bpf_prog_get_next_id($0, &$1) })
    }
}

/// Enumerates the kernel's numbers of one kind of object.
enum KernelIDs {
    static func all(
        _ operation: KernelError.Operation, next: (UInt32, inout UInt32) -> Int32
    ) throws(KernelError) -> [UInt32] {
        var found: [UInt32] = []
        var last: UInt32 = 0
        while true {
            do {
                var following: UInt32 = 0
                _ = try attempt { next(last, &following) }
                last = following
            } catch {
                if error == .noEntry { return found }
                throw KernelError(operation, "\(last)", error)
            }
            found.append(last)
        }
    }
}
