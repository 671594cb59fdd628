// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// What the kernel says about a loaded program.
package struct ProgramInfo: Hashable, Sendable {
    package let id: UInt32

    /// At most 15 characters: the kernel cuts the rest off.
    package let name: String

    package let type: ProgramType

    /// The SHA-1 prefix of the instructions, 16 hexadecimal digits; equal for equal code.
    package let tag: String

    /// When the program was loaded, in nanoseconds since boot.
    package let loadTime: UInt64

    /// The maps the program refers to, constants included.
    package let mapIDs: [UInt32]

    /// Runs counted while ``Statistics`` was on.
    package let runCount: UInt64

    /// Nanoseconds spent in those runs.
    package let runTime: UInt64

    /// Bytes of machine code, 0 without a just-in-time compiler.
    package let jitedSize: UInt32

    /// Bytes of instructions after the verifier's rewriting.
    package let translatedSize: UInt32

    /// Instructions that the verifier looked at, 0 before Linux 5.16.
    package let verifiedInstructions: UInt32

    static func reading(_ descriptor: borrowing Descriptor, subject: String) throws(KernelError) -> ProgramInfo {
        let number = descriptor.rawValue
        var info = try query(number, subject)
        var ids = [UInt32](repeating: 0, count: Int(info.nr_map_ids))
        if !ids.isEmpty {
            let wanted = info.nr_map_ids
            info = unsafe try ids.withUnsafeMutableBufferPointer { buffer throws(KernelError) in
                let address = UInt64(UInt(bitPattern: buffer.baseAddress))
                return try query(number, subject, mapIDs: address, count: wanted)
            }
        }
        return ProgramInfo(info, mapIDs: ids)
    }

    private static func query(
        _ number: Int32, _ subject: String, mapIDs: UInt64 = 0, count: UInt32 = 0
    ) throws(KernelError) -> bpf_prog_info {
        var info = bpf_prog_info()
        info.map_ids = mapIDs
        info.nr_map_ids = count
        var length = UInt32(size(bpf_prog_info.self, through: \.verified_insns))
        try perform(.readInformation, subject) { unsafe bpf_obj_get_info_by_fd(number, &info, &length) }
        return info
    }

    private init(_ info: bpf_prog_info, mapIDs: [UInt32]) {
        id = info.id
        name = text(info.name)
        type = ProgramType(rawValue: info.type)
        tag = hexadecimal(info.tag)
        loadTime = info.load_time
        self.mapIDs = mapIDs
        runCount = info.run_cnt
        runTime = info.run_time_ns
        jitedSize = info.jited_prog_len
        translatedSize = info.xlated_prog_len
        verifiedInstructions = info.verified_insns
    }
}

/// Two lower-case digits for each byte.
private func hexadecimal<Bytes: BitwiseCopyable>(_ bytes: Bytes) -> String {
    unsafe withUnsafeBytes(of: bytes) { buffer in
        unsafe buffer.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
