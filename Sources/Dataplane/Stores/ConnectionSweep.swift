// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel
internal import LinuxSystem

/// What a sweep of the connection table found.
package struct ConnectionSweep: Hashable, Sendable {
    /// Connections that had been idle for too long.
    package var expired: [TransportProtocol: Int] = [:]
    /// Entries, as old, whose other half was gone already.
    package var orphans = 0
    /// Connections that still count.
    package var remaining = 0

    package init() {}

    static func += (sum: inout ConnectionSweep, other: ConnectionSweep) {
        sum.expired.merge(other.expired, uniquingKeysWith: +)
        sum.orphans += other.orphans
        sum.remaining += other.remaining
    }
}

extension Dataplane {
    /// Removes the connections that the programs no longer count, in batches, both entries of each together.
    ///
    /// The programs replace such an entry when they meet it; the others stay until the table is full.
    ///
    /// - Parameters:
    ///   - family: nil for both.
    ///   - progress: is told how many more connections have been dealt with.
    package func sweep(
        _ family: AddressFamily? = nil, isDryRun: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws(DataplaneError) -> ConnectionSweep {
        let expiry = try ConnectionExpiry(loadedIn: directory)
        return try connections().sweep(expiry, family, isDryRun: isDryRun, progress)
    }
}

extension FamilyConnections {
    func sweep(
        _ expiry: ConnectionExpiry, isDryRun: Bool, _ progress: (Int) -> Void
    ) throws(DataplaneError) -> ConnectionSweep {
        try kernel { () throws(KernelError) in
            var sweep = ConnectionSweep()
            try map.forEachBatch { keys, values throws(KernelError) in
                let now = MonotonicClock.nanoseconds
                var doomed: [ABI.ConnectionKey] = []
                for index in keys.indices {
                    let (key, value) = (keys[index], values[index])
                    guard expiry.isOver(value, proto: key.proto, now: now) else {
                        if !value.isReply { sweep.remaining += 1 }
                        continue
                    }
                    try judge(key, value, expiry, now, &sweep, &doomed)
                }
                if !isDryRun { try map.deleteBatch(doomed) }
                progress(keys.indices.count { !values[$0].isReply })
            }
            return sweep
        }
    }

    /// Decides about a stale entry: a pair goes with its request, and not before both halves are stale.
    private func judge(
        _ key: ABI.ConnectionKey, _ value: ABI.Connection, _ expiry: ConnectionExpiry, _ now: UInt64,
        _ sweep: inout ConnectionSweep, _ doomed: inout [ABI.ConnectionKey]
    ) throws(KernelError) {
        let twinKey = key.twin(value)
        guard let twin = try map.lookUp(twinKey), twin.leads(backTo: key) else {
            sweep.orphans += 1
            doomed.append(key)
            return
        }
        guard !value.isReply else { return }
        guard expiry.isOver(twin, proto: key.proto, now: now) else {
            sweep.remaining += 1
            return
        }
        sweep.expired[TransportProtocol(rawValue: key.proto) ?? .tcp, default: 0] += 1
        doomed += [key, twinKey]
    }
}
