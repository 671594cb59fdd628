// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import LinuxSystem

/// The constants that a pinned program was loaded with, read back from the kernel.
enum LoadedConstants {
    /// - Returns: nil when there is no such pin, or the program was loaded without constants of this version's size.
    static func config(
        of program: DataplaneProgram, in directory: PinDirectory
    ) throws(DataplaneError) -> dataplane_config? {
        guard let bytes = try bytes(of: program, in: directory) else { return nil }
        return CBytes.read(bytes, as: dataplane_config.self)
    }

    /// As ``config(of:in:)``, as the bytes of the struct.
    static func bytes(of program: DataplaneProgram, in directory: PinDirectory) throws(DataplaneError) -> [UInt8]? {
        let path = directory.program(program)
        guard Filesystem.exists(path) else { return nil }
        return try kernel { () throws(KernelError) in
            for id in try Program(pinned: path).info().mapIDs {
                let map = try RawMap(id: id)
                guard map.info.name == CONFIG_SECTION, map.info.type == .array,
                    map.info.valueSize == MemoryLayout<dataplane_config>.size
                else { continue }
                return try map.lookUpBytes(UInt32(0))
            }
            return nil
        }
    }
}
