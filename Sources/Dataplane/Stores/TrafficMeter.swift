// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel
internal import LinuxSystem

/// What a service has carried between two looks, as far as the connection table tells.
package struct ServiceActivity: Hashable, Sendable {
    /// Tracked now, over ones included as long as the table keeps them.
    package var connections = 0
    /// Begun since the last look, and still in the table.
    package var opened = 0
    /// Of both directions.
    package var traffic = Connection.Traffic()

    package init() {}
}

/// What the differences between two looks add up to.
package struct TrafficReading: Sendable {
    /// Since the last look; nil at the first one, whose sums are of no interval.
    package let elapsed: Duration?
    package let services: [ServiceName: ServiceActivity]
}

/// Measures what services carry, by looking at the connection table again and again.
///
/// Remembers the counts of each entry of a service, about 50 bytes. What an entry counted after the last look that
/// found it is missed when it has been evicted or deleted since: figures are never too high, and too low by that.
package struct TrafficMeter: Sendable {
    private var entries: [Int: Counts] = [:]
    private var lastLook: UInt64?
    private var generation: UInt8 = 0

    fileprivate struct Counts {
        var traffic: Connection.Traffic
        /// Of the look that found the entry last.
        var generation: UInt8
    }

    package init() {}

    /// - Parameter family: nil for both.
    package mutating func look(
        in store: borrowing ConnectionStore, _ family: AddressFamily? = nil
    ) throws(DataplaneError) -> TrafficReading {
        let now = MonotonicClock.nanoseconds
        generation &+= 1
        var services: [UInt32: ServiceActivity] = [:]
        try store.measure(family, by: &self, into: &services)
        let current = generation
        entries = entries.filter { $0.value.generation == current }
        let elapsed = lastLook.map { Duration.nanoseconds(now - $0) }
        lastLook = now
        var named: [ServiceName: ServiceActivity] = [:]
        for (id, activity) in services { if let name = store.name(of: id) { named[name] = activity } }
        return TrafficReading(elapsed: elapsed, services: named)
    }

    /// Takes an entry's counts, and adds to `activity` what has come since the last look.
    fileprivate mutating func note(
        _ identity: Int, _ traffic: Connection.Traffic, isRequest: Bool, _ activity: inout ServiceActivity
    ) {
        if isRequest { activity.connections += 1 }
        let earlier = entries.updateValue(Counts(traffic: traffic, generation: generation), forKey: identity)?.traffic
        guard lastLook != nil else { return }
        if earlier == nil, isRequest { activity.opened += 1 }
        let known = earlier ?? Connection.Traffic()
        activity.traffic.packets &+= traffic.packets - min(known.packets, traffic.packets)
        activity.traffic.bytes &+= traffic.bytes - min(known.bytes, traffic.bytes)
    }
}

extension ConnectionStore {
    fileprivate func measure(
        _ family: AddressFamily?, by meter: inout TrafficMeter, into services: inout [UInt32: ServiceActivity]
    ) throws(DataplaneError) {
        if family != .v6 { try v4.measure(by: &meter, into: &services) }
        if family != .v4 { try v6.measure(by: &meter, into: &services) }
    }
}

extension FamilyConnections {
    fileprivate func measure(
        by meter: inout TrafficMeter, into services: inout [UInt32: ServiceActivity]
    ) throws(DataplaneError) {
        try kernel { () throws(KernelError) in
            try map.forEachBatch { keys, values throws(KernelError) in
                for index in keys.indices where !values[index].has(CONNECTION_NO_SERVICE) {
                    let (key, value) = (keys[index], values[index])
                    let traffic = Connection.Traffic(packets: value.packets, bytes: value.bytes)
                    meter.note(
                        Self.identity(key, value), traffic, isRequest: !value.isReply,
                        &services[value.service_id, default: ServiceActivity()])
                }
            }
        }
    }

    /// A connection that comes later with the same tuple has another one.
    private static func identity(_ key: ABI.ConnectionKey, _ value: ABI.Connection) -> Int {
        var hasher = Hasher()
        hasher.combine(key.src.model)
        hasher.combine(key.dst.model)
        hasher.combine(UInt64(key.sport) << 32 | UInt64(key.dport) << 16 | UInt64(key.proto))
        hasher.combine(value.created)
        return hasher.finalize()
    }
}
