// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import Dataplane

/// A pinned map that this tool has nothing to do with.
enum RawMapPin {
    static func make(at path: String) throws {
        try RawMap(creating: MapDefinition(name: "theirs", type: .array, keySize: 4, valueSize: 8, maxEntries: 1))
            .pin(at: path)
    }
}

/// The pinned counters, to be written as programs do.
struct PerCPUCounters: ~Copyable {
    private let map: PerCPUMap<UInt32, Pair>

    private struct Pair: BitwiseCopyable {
        var packets: UInt64
        var bytes: UInt64
    }

    init(directory: String) throws {
        map = try PerCPUMap(pinned: "\(directory)/maps/counters")
    }

    /// On the first processor.
    func count(_ reason: CounterReason, packets: UInt64, bytes: UInt64) throws {
        try map.update(reason.rawValue, [Pair(packets: packets, bytes: bytes)])
    }
}
