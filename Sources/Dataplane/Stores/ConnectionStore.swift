// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel

/// How the connection table is used.
package struct ConnectionStatistics: Hashable, Sendable {
    package struct Family: Hashable, Sendable {
        package let family: AddressFamily
        /// Entries there is room for; a connection takes two.
        package let capacity: Int
        package let entries: Int
    }

    package var families: [Family] = []
    package var connections = 0
    package var tcp: [TCPState: Int] = [:]
    package var udp = 0
    /// Reply entries whose request entry is gone, or the other way round.
    package var orphans = 0
}

/// The connection table of both families.
package struct ConnectionStore: ~Copyable {
    let v4: FamilyConnections<IPv4ABI>
    let v6: FamilyConnections<IPv6ABI>
    private let names: [UInt32: ServiceName]

    init(in directory: PinDirectory) throws(DataplaneError) {
        let first = try FamilyConnections<IPv4ABI>(in: directory)
        let second = try FamilyConnections<IPv6ABI>(in: directory)
        names = try ServiceRecord.all(in: directory).mapValues(\.name)
        v4 = first
        v6 = second
    }

    /// Calls `body` for every connection that matches, in the kernel's order, in memory that does not grow with the table.
    ///
    /// Connections that come or go meanwhile may be seen or not; none is seen twice.
    ///
    /// - Throws: ``DataplaneError``, or what `body` throws.
    package func forEach(
        matching filter: ConnectionFilter, _ body: (Connection) throws -> Void
    ) throws {
        do {
            if let filter = EntryFilter<IPv4ABI>(filter, names: names) {
                try v4.forEach(filter, names: names, body)
            }
            if let filter = EntryFilter<IPv6ABI>(filter, names: names) {
                try v6.forEach(filter, names: names, body)
            }
        } catch let error as KernelError {
            throw DataplaneError.kernel(error)
        }
    }

    /// - Returns: nil when no such connection is tracked; the key is what the client sees.
    package func connection(_ key: ConnectionKey) throws(DataplaneError) -> Connection? {
        switch key.family {
        case .v4: try v4.connection(key, names: names)
        case .v6: try v6.connection(key, names: names)
        }
    }

    /// Removes connections, both directions of each.
    ///
    /// - Returns: how many were there.
    package func delete(_ keys: [ConnectionKey]) throws(DataplaneError) -> Int {
        try v4.delete(keys) + v6.delete(keys)
    }

    /// Removes every connection that matches.
    ///
    /// - Returns: their keys.
    package func delete(matching filter: ConnectionFilter) throws -> [ConnectionKey] {
        var keys: [ConnectionKey] = []
        try forEach(matching: filter) { keys.append($0.key) }
        _ = try delete(keys)
        return keys
    }

    /// Removes the connections of these transports that lost backends serve.
    ///
    /// - Returns: how many there were.
    func forget(
        _ backends: LostBackends, _ transports: Set<TransportProtocol>
    ) throws(DataplaneError) -> [TransportProtocol: Int] {
        let gone4 = try v4.delete(transports) { backends.include($0) }
        let gone6 = try v6.delete(transports) { backends.include($0) }
        return gone4.merging(gone6, uniquingKeysWith: +)
    }

    /// - Parameter family: nil for both.
    func sweep(
        _ expiry: ConnectionExpiry, _ family: AddressFamily? = nil, isDryRun: Bool = false,
        _ progress: (Int) -> Void = { _ in }
    ) throws(DataplaneError) -> ConnectionSweep {
        var sweep = ConnectionSweep()
        if family != .v6 { sweep += try v4.sweep(expiry, isDryRun: isDryRun, progress) }
        if family != .v4 { sweep += try v6.sweep(expiry, isDryRun: isDryRun, progress) }
        return sweep
    }

    /// Whether a service has this name, or has a port of a service with this name.
    package func knows(_ service: ServiceName) -> Bool { names.values.contains(where: service.covers) }

    /// Nil when the service has been deleted.
    func name(of service: UInt32) -> ServiceName? { names[service] }

    package func statistics() throws -> ConnectionStatistics {
        var statistics = ConnectionStatistics()
        try forEach(matching: ConnectionFilter()) { connection in
            statistics.connections += 1
            if let state = connection.state {
                statistics.tcp[state, default: 0] += 1
            } else {
                statistics.udp += 1
            }
        }
        let counts4 = try v4.countEntries()
        let counts6 = try v6.countEntries()
        statistics.families = [
            .init(family: .v4, capacity: v4.capacity, entries: counts4.requests + counts4.replies),
            .init(family: .v6, capacity: v6.capacity, entries: counts6.requests + counts6.replies),
        ]
        statistics.orphans = abs(counts4.requests - counts4.replies) + abs(counts6.requests - counts6.replies)
        return statistics
    }
}
