// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

/// How full a map is.
package struct MapUsage: Hashable, Sendable {
    package let name: String
    package let type: String
    /// For arrays every index counts as an entry; the slots map counts those that services own. Of a ring buffer
    /// entries and capacity are bytes.
    package let entries: Int
    package let capacity: Int
    /// Bytes of kernel memory; nil where the kernel does not say.
    package let memory: UInt64?

    static func readAll(in directory: PinDirectory) throws(DataplaneError) -> [MapUsage] {
        let services = try ServiceStore(in: directory)
        let present = MapName.all.filter { Filesystem.exists(directory.map($0)) }
        return try present.map { (name) throws(DataplaneError) in
            let owned: Int? =
                switch name {
                case .slots(.v4): services.records.values.reduce(0) { $0 + $1.runs[0].slots.count }
                case .slots(.v6): services.records.values.reduce(0) { $0 + $1.runs[1].slots.count }
                default: nil
                }
            return try kernel { () throws(KernelError) in
                let map = try RawMap(pinned: directory.map(name))
                let entries = if let owned { owned } else { try map.entryCount() }
                return MapUsage(
                    name: "\(name)", type: map.info.type.name, entries: entries,
                    capacity: Int(map.info.maxEntries), memory: map.memory())
            }
        }
    }
}
