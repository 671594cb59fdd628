// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem

/// How often a program ran in an interval, and how long it took.
package struct ProgramProfile: Hashable, Sendable {
    package let loaded: LoadedProgram
    package let runs: UInt64
    /// Nanoseconds of all processors together.
    package let time: UInt64
    package let interval: Duration

    package init(loaded: LoadedProgram, runs: UInt64, time: UInt64, interval: Duration) {
        self.loaded = loaded
        self.runs = runs
        self.time = time
        self.interval = interval
    }
}

extension Dataplane {
    /// Has the kernel count the runs of programs until `wait` returns, in the order of ``programs()``.
    ///
    /// The kernel counts by program: runs on several interfaces are one number. Counting costs every run of every
    /// program on the node some tens of nanoseconds, and ends with this call, however it ends.
    package func profile(during wait: () throws(DataplaneError) -> Void) throws(DataplaneError) -> [ProgramProfile] {
        let statistics = try kernel { () throws(KernelError) in try Statistics() }
        defer { withExtendedLifetime(statistics) {} }
        let before = try programs()
        let start = MonotonicClock.nanoseconds
        try wait()
        let interval = Duration.nanoseconds(MonotonicClock.nanoseconds - start)
        let known = Dictionary(before.map { ($0.info.id, $0.info) }) { first, _ in first }
        return try programs().compactMap { after in
            // Another command may have exchanged it meanwhile.
            guard let old = known[after.info.id] else { return nil }
            return ProgramProfile(
                loaded: after, runs: after.info.runCount &- old.runCount, time: after.info.runTime &- old.runTime,
                interval: interval)
        }
    }
}
