// SPDX-License-Identifier: Apache-2.0

import LinuxSystem

/// A reading of how long the machine's processors have been at work since boot, softirqs of everybody included.
struct ProcessorTime {
    private let nanoseconds: UInt64
    private let processors: Int
    /// Idle, waiting for input, or taken away by the hypervisor; in hundredths of a second.
    private let ticksOff: UInt64

    /// From the first line of `/proc/stat`.
    ///
    /// Idle time, unlike the other columns, is not sampled by a timer but kept exactly: so work is what is left of the
    /// time that passed, and a short measurement can be trusted.
    static func now() throws(SystemError) -> ProcessorTime {
        let path = "/proc/stat"
        let lines = try Filesystem.readText(path).split(separator: "\n").map { $0.split(separator: " ") }
        let columns = lines.first?.dropFirst().compactMap { UInt64($0) } ?? []
        guard columns.count >= 8 else { throw SystemError(.readFile, path, .invalidArgument) }
        let processors = lines.dropFirst().prefix { $0.first?.hasPrefix("cpu") == true }.count
        return ProcessorTime(
            nanoseconds: MonotonicClock.nanoseconds, processors: processors,
            ticksOff: columns[3] + columns[4] + columns[7])
    }

    func since(_ start: ProcessorTime) -> (elapsedSeconds: Double, busyMilliseconds: Double) {
        let elapsed = Double(nanoseconds - start.nanoseconds) / 1e9
        let off = Double(ticksOff - min(ticksOff, start.ticksOff)) / 100
        return (elapsed, max(0, elapsed * Double(processors) - off) * 1000)
    }

    /// From 0 to 1, where all processors were at work all the time.
    func shareBusy(since start: ProcessorTime) -> Double {
        let (elapsed, busy) = since(start)
        return elapsed > 0 ? busy / 1000 / elapsed / Double(max(1, processors)) : 0
    }
}
