// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
package import LinuxSystem

/// How long `disable` lets tracked flows go on before it takes the dataplane away.
package struct DrainPlan {
    package let deadline: Deadline
    /// Told how many flows are left; waits a moment and answers whether to go on waiting. False takes the drain back.
    package let wait: (_ left: Int) throws(DataplaneError) -> Bool

    package init(until deadline: Deadline, wait: @escaping (_ left: Int) throws(DataplaneError) -> Bool) {
        self.deadline = deadline
        self.wait = wait
    }
}

/// How a drain ended.
package struct DrainReport: Hashable, Sendable {
    /// Flows that were still tracked.
    package var left: Int
    /// Everything is as it was before: the dataplane stays.
    package var wasTakenBack = false

    package init(left: Int, wasTakenBack: Bool = false) {
        self.left = left
        self.wasTakenBack = wasTakenBack
    }
}

/// Keeps new flows from the dataplane, and lets those that are tracked go on.
///
/// Every frontend is set aside, under a key that no packet has: a new flow is then none of ours and meets what the host
/// stack has for it, while a tracked one needs no frontend. Tools see the services as before. A note among the pins
/// says so as long as it lasts; the next command that writes takes back what a killed one has left.
enum Drain {
    /// - Parameter directory: of the live dataplane, whose lock the caller holds.
    static func run(_ plan: DrainPlan, in directory: PinDirectory) throws(DataplaneError) -> DrainReport {
        let expiry = try ConnectionExpiry(loadedIn: directory)
        let connections = try ConnectionStore(in: directory)
        do throws(DataplaneError) {
            try begin(in: directory)
            while true {
                let left = try connections.countTranslated(expiry)
                if left == 0 || plan.deadline.hasPassed { return DrainReport(left: left) }
                guard try plan.wait(left) else {
                    try takeBack(in: directory)
                    return DrainReport(left: left, wasTakenBack: true)
                }
            }
        } catch {
            // The first failure tells more than one of taking back.
            try? takeBack(in: directory)
            throw error
        }
    }

    static func begin(in directory: PinDirectory) throws(DataplaneError) {
        let note = directory.drainNote
        if !Filesystem.exists(note) { try system { () throws(SystemError) in try Filesystem.makeDirectory(note) } }
        try FrontendPlaces<IPv4ABI>(in: directory).move(toAside: true)
        try FrontendPlaces<IPv6ABI>(in: directory).move(toAside: true)
    }

    /// Puts back what is set aside; does nothing when nothing is.
    static func takeBack(in directory: PinDirectory) throws(DataplaneError) {
        guard Filesystem.exists(directory.drainNote) else { return }
        try FrontendPlaces<IPv4ABI>(in: directory).move(toAside: false)
        try FrontendPlaces<IPv6ABI>(in: directory).move(toAside: false)
        try system { () throws(SystemError) in try Filesystem.removeDirectory(directory.drainNote) }
    }
}

/// The frontends of one family, as places that packets find or do not.
private struct FrontendPlaces<ABI: FamilyABI>: ~Copyable
where ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable {
    private let map: Map<ABI.FrontendKey, ABI.Frontend>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.frontends(ABI.family))) }
    }

    /// Moves every frontend that is in the other place: written there before it goes here, so that none is ever lost.
    func move(toAside isAside: Bool) throws(DataplaneError) {
        let entries = try kernel { () throws(KernelError) in try map.entries() }
        let moving = entries.filter { ($0.key.aside != 0) != isAside }
        // While it moves, an entry takes up room twice.
        let room = Int(map.info.maxEntries) - entries.count
        guard room > 0 || moving.isEmpty else {
            throw .mapFull(map: "\(MapName.frontends(ABI.family))", needed: 1, free: 0)
        }
        var start = 0
        while start < moving.count {
            let part = moving[start..<min(start + room, moving.count)]
            start = part.endIndex
            let targets = part.map { entry in
                var key = entry.key
                key.aside = isAside ? 1 : 0
                return key
            }
            try kernel { () throws(KernelError) in
                try map.updateBatch(targets, part.map(\.value))
                try map.deleteBatch(part.map(\.key))
            }
        }
    }
}

extension Dataplane {
    /// How many connections would end with the dataplane; those that are over or not translated are none of them.
    package func translatedFlows() throws(DataplaneError) -> Int {
        try connections().countTranslated(ConnectionExpiry(loadedIn: directory))
    }
}

extension ConnectionStore {
    /// Connections that end with the dataplane: packets of theirs are translated, and their two ends are not done.
    func countTranslated(_ expiry: ConnectionExpiry) throws(DataplaneError) -> Int {
        try v4.countTranslated(expiry) + v6.countTranslated(expiry)
    }
}

extension FamilyConnections {
    fileprivate func countTranslated(_ expiry: ConnectionExpiry) throws(DataplaneError) -> Int {
        try kernel { () throws(KernelError) in
            let now = MonotonicClock.nanoseconds
            var count = 0
            try map.forEachBatch { keys, values throws(KernelError) in
                for index in values.indices {
                    let (key, value) = (keys[index], values[index])
                    let isPlain = value.has(CONNECTION_CONNECT_TIME) || value.has(CONNECTION_NO_SERVICE)
                    guard !value.isReply, !isPlain, !expiry.isOver(value, proto: key.proto, now: now) else { continue }
                    if try !isDone(key, value) { count += 1 }
                }
            }
            return count
        }
    }

    /// Whether a TCP connection has been closed or reset; each direction records what it has seen itself.
    private func isDone(_ key: ABI.ConnectionKey, _ value: ABI.Connection) throws(KernelError) -> Bool {
        guard key.proto == TransportProtocol.tcp.rawValue else { return false }
        var seen = value.tcp_seen
        if let twin = try map.lookUp(key.twin(value)) { seen |= twin.tcp_seen }
        let state = TCPState(seen: seen)
        // Of direct server return the first node sees one direction only.
        return state == .closed || state == .reset || state == .finSeen && value.has(CONNECTION_DSR)
    }
}
