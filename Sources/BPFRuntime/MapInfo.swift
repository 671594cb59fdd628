// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc
internal import LinuxSystem

/// What the kernel says about a map; sizes are the real ones, whatever the program that made it was compiled with.
package struct MapInfo: Hashable, Sendable {
    package let id: UInt32

    /// At most 15 characters: the kernel cuts the rest off.
    package let name: String

    package let type: MapType

    /// Bytes.
    package let keySize: Int

    /// Bytes; of one processor's value where the type is per processor.
    package let valueSize: Int

    package let maxEntries: UInt32

    /// The `BPF_F_…` flags given at creation.
    package let flags: UInt32

    static func reading(_ descriptor: borrowing Descriptor, subject: String) throws(KernelError) -> MapInfo {
        let number = descriptor.rawValue
        var info = bpf_map_info()
        var length = UInt32(size(bpf_map_info.self))
        try perform(.readInformation, subject) { unsafe bpf_obj_get_info_by_fd(number, &info, &length) }
        return MapInfo(info)
    }

    private init(_ info: bpf_map_info) {
        id = info.id
        name = text(info.name)
        type = MapType(rawValue: info.type)
        keySize = Int(info.key_size)
        valueSize = Int(info.value_size)
        maxEntries = info.max_entries
        flags = info.map_flags
    }

    /// The numbers of all maps in the kernel, in ascending order; one may be gone by the time it is opened.
    ///
    /// libbpf: `bpf_map_get_next_id`.
    package static func allIDs() throws(KernelError) -> [UInt32] {
        try KernelIDs.all(.listMaps, next: { unsafe bpf_map_get_next_id($0, &$1) })
    }
}

/// The `memlock` line of a descriptor's page in /proc: the bytes that the kernel accounts to the object.
///
/// - Returns: nil where /proc is not mounted.
func accountedMemory(of descriptor: borrowing Descriptor) -> UInt64? {
    let file = unsafe open("/proc/self/fdinfo/\(descriptor.rawValue)", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let page = unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { buffer in
        let length = unsafe read(file, buffer.baseAddress, buffer.count)
        return unsafe String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
    }
    for line in page.split(separator: "\n") where line.hasPrefix("memlock:") {
        return UInt64(line.dropFirst("memlock:".count).drop { $0 == " " || $0 == "\t" })
    }
    return nil
}
