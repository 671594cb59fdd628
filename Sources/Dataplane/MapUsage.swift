// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import DataplaneModel
internal import LinuxSystem

/// How full a map is.
package struct MapUsage: Hashable, Sendable {
    package let name: String
    /// The kernel's number for it.
    package let id: UInt32
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
                    name: "\(name)", id: map.info.id, type: map.info.type.name, entries: entries,
                    capacity: Int(map.info.maxEntries), memory: map.memory())
            }
        }
    }
}

extension MapName {
    /// What it holds, in a phrase for people.
    package var caption: String {
        switch self {
        case .frontends: "virtual addresses and node ports, with the slots of their services"
        case .slots: "backends, a run of slots per service"
        case .connections: "tracked connections, two entries each"
        case .routes: "prefixes, with the interface or node they live on"
        case .sockets: "sockets balanced at connect time, with the address they asked for"
        case .sourceRanges: "clients that a service is limited to"
        case .affinity: "clients, with the backend they keep"
        case .fragments: "ports of fragmented datagrams"
        case .serviceNames: "names and settings of services"
        case .scratch: "working space of the programs"
        case .counters: "packets and socket calls by reason"
        case .events: "what 'trace' has not taken yet"
        case .tracing: "what 'trace' asks for"
        case .traceRooms: "working space of traced programs, and what was lost"
        case .meta: "version and options of the dataplane"
        }
    }

    /// The map of this name; nil for a name that is none.
    package init?(_ name: String) {
        guard let found = Self.all.first(where: { $0.description == name }) else { return nil }
        self = found
    }
}
