// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel
package import Topology

/// One entry of the routes maps.
package struct RouteEntry: Hashable, Sendable {
    package var route: Route
    /// Written by an operator, so that a synchronisation leaves it.
    package var isManual: Bool
    /// The interface is a veth whose other end is in a pod.
    package var isPeer: Bool

    package init(route: Route, isManual: Bool, isPeer: Bool) {
        self.route = route
        self.isManual = isManual
        self.isPeer = isPeer
    }
}

/// What a synchronisation with the kernel's own tables did; prefixes sorted.
package struct RouteChanges: Hashable, Sendable {
    package var added: [Route] = []
    package var changed: [Route] = []
    package var removed: [Route] = []
    package var unchanged = 0
}

/// The routes maps of both families.
package struct RouteStore: ~Copyable {
    private let v4: FamilyRoutes<IPv4ABI>
    private let v6: FamilyRoutes<IPv6ABI>

    init(in directory: PinDirectory) throws(DataplaneError) {
        let first = try FamilyRoutes<IPv4ABI>(in: directory)
        let second = try FamilyRoutes<IPv6ABI>(in: directory)
        v4 = first
        v6 = second
    }

    /// All entries, sorted by prefix; interfaces by index only.
    package func routes() throws(DataplaneError) -> [RouteEntry] {
        try (v4.entries() + v6.entries()).sorted { $0.route < $1.route }
    }

    /// The entry that a packet to `address` meets: the longest prefix that holds it.
    package func lookUp(_ address: IPAddress) throws(DataplaneError) -> RouteEntry? {
        try routes().filter { $0.route.prefix.contains(address) }.max {
            $0.route.prefix.length < $1.route.prefix.length
        }
    }

    /// Creates or replaces.
    package func write(_ entry: RouteEntry) throws(DataplaneError) {
        switch entry.route.prefix.family {
        case .v4: try v4.write(entry)
        case .v6: try v6.write(entry)
        }
    }

    package func delete(_ prefix: Prefix) throws(DataplaneError) {
        let found =
            switch prefix.family {
            case .v4: try v4.delete(prefix)
            case .v6: try v6.delete(prefix)
            }
        guard found else { throw .unknownRoute(prefix) }
    }

    /// Makes the entries that no operator wrote equal to what the kernel's own tables say.
    @discardableResult
    package func synchronize(with desired: [DesiredRoute], isDryRun: Bool = false) throws(DataplaneError)
        -> RouteChanges
    {
        let current = Dictionary(try routes().map { ($0.route.prefix, $0) }) { first, _ in first }
        var changes = RouteChanges()
        let wanted = Set(desired.map(\.route.prefix))
        for entry in current.values.sorted(by: { $0.route < $1.route })
        where !entry.isManual && !wanted.contains(entry.route.prefix) {
            changes.removed.append(entry.route)
            if !isDryRun { try delete(entry.route.prefix) }
        }
        for item in desired {
            let entry = RouteEntry(route: item.route, isManual: false, isPeer: item.isPeer)
            if let known = current[item.route.prefix] {
                guard !known.isManual, !known.means(entry) else {
                    changes.unchanged += 1
                    continue
                }
                changes.changed.append(item.route)
            } else {
                changes.added.append(item.route)
            }
            if !isDryRun { try write(entry) }
        }
        return changes
    }
}

extension RouteEntry {
    /// Equal but for the interface's name, which the map does not hold.
    package func means(_ other: RouteEntry) -> Bool {
        var (left, right) = (self, other)
        left.route.place = left.route.place.withoutName
        right.route.place = right.route.place.withoutName
        return left == right
    }
}

extension Route.Place {
    var withoutName: Route.Place {
        guard case .local(let interface) = self else { return self }
        return .local(InterfaceReference(name: nil, index: interface.index))
    }
}

private struct FamilyRoutes<ABI: FamilyABI>: ~Copyable
where ABI.RouteKey: BitwiseCopyable, ABI.Route: BitwiseCopyable {
    private let map: Map<ABI.RouteKey, ABI.Route>

    init(in directory: PinDirectory) throws(DataplaneError) {
        map = try kernel { () throws(KernelError) in try Map(pinned: directory.map(.routes(ABI.family))) }
    }

    func entries() throws(DataplaneError) -> [RouteEntry] {
        try kernel { () throws(KernelError) in
            try map.entries().map { key, value in
                RouteEntry(
                    route: Route(
                        prefix: Prefix(around: key.addr.model, length: Int(key.prefix_length)),
                        role: value.has(ROUTE_WORKLOAD) ? .workload : .host,
                        place: value.has(ROUTE_LOCAL)
                            ? .local(InterfaceReference(name: nil, index: value.ifindex))
                            : .remote(via: value.node.model),
                        noDSR: value.has(ROUTE_NO_DSR)),
                    isManual: value.has(ROUTE_MANUAL), isPeer: value.has(ROUTE_PEER))
            }
        }
    }

    func write(_ entry: RouteEntry) throws(DataplaneError) {
        let route = entry.route
        guard let key = key(route.prefix) else { return }
        var value = ABI.Route()
        switch route.place {
        case .local(let interface):
            value.flags |= ROUTE_LOCAL.rawValue
            value.ifindex = interface.index ?? 0
        case .remote(let node):
            guard let address = ABI.Address(node) else { throw .mixedFamilies(route) }
            value.node = address
        }
        if route.role == .workload { value.flags |= ROUTE_WORKLOAD.rawValue }
        if entry.isPeer { value.flags |= ROUTE_PEER.rawValue }
        if route.noDSR { value.flags |= ROUTE_NO_DSR.rawValue }
        if entry.isManual { value.flags |= ROUTE_MANUAL.rawValue }
        try kernel { () throws(KernelError) in try map.update(key, value) }
    }

    func delete(_ prefix: Prefix) throws(DataplaneError) -> Bool {
        guard let key = key(prefix) else { return false }
        return try kernel { () throws(KernelError) in try map.delete(key) }
    }

    private func key(_ prefix: Prefix) -> ABI.RouteKey? {
        guard let address = ABI.Address(prefix.address) else { return nil }
        var key = ABI.RouteKey()
        key.prefix_length = UInt32(prefix.length)
        key.addr = address
        return key
    }
}

extension RouteABI {
    fileprivate func has(_ flag: route_flag) -> Bool { flags & flag.rawValue != 0 }
}
