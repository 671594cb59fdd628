// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI

extension Dataplane {
    /// Sets the counters to zero on every processor.
    ///
    /// Programs count without a lock: one that counts at this very instant may put its processor's old count back.
    ///
    /// - Returns: the counters that were not zero, as they were.
    package func resetCounters(isDryRun: Bool) throws(DataplaneError) -> [CounterReading] {
        let counted = try counters().filter { $0.packets != 0 || $0.bytes != 0 }
        guard !isDryRun, !counted.isEmpty else { return counted }
        try kernel { () throws(KernelError) in
            let map = try PerCPUMap<UInt32, counter>(pinned: directory.map(.counters))
            for reading in counted { try map.update(reading.reason.rawValue, []) }
        }
        return counted
    }
}
