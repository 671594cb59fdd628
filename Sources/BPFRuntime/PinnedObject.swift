// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc
internal import LinuxSystem

/// What stands behind a path on a bpffs.
package enum PinnedObject {
    /// The kind of object pinned at `path`, nil for an object of another kind.
    ///
    /// - Throws: ``KernelError`` with `ENOENT` for a free path, `EPERM` for a file or directory that is no pin.
    package static func kind(at path: String) throws(KernelError) -> ObjectKind? {
        let descriptor = try performOpening(.openPin, path) { unsafe bpf_obj_get(path) }
        return kind(of: descriptor)
    }

    /// Opens a pin and makes sure of its kind: the kernel would read one kind's information as another's.
    static func open(
        _ path: String, as expected: ObjectKind, _ operation: KernelError.Operation
    ) throws(KernelError) -> Descriptor {
        let descriptor = try performOpening(operation, path) { unsafe bpf_obj_get(path) }
        let found = kind(of: descriptor)
        guard found == expected else {
            throw KernelError(operation, path, .invalidArgument, detail: .kind(expected: expected, found: found))
        }
        return descriptor
    }

    /// The kernel names its anonymous files after what they are.
    private static func kind(of descriptor: borrowing Descriptor) -> ObjectKind? {
        let link = "/proc/self/fd/\(descriptor.rawValue)"
        let name = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let length = unsafe readlink(link, start, buffer.count)
            return unsafe String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
        }
        return switch name {
        case "anon_inode:bpf-map": .map
        case "anon_inode:bpf-prog": .program
        case "anon_inode:bpf_link", "anon_inode:bpf-link": .link
        default: nil
        }
    }
}
