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
    /// An operator wants ``Route/noDSR`` for the whole prefix, whatever `enable` was told.
    package var asksNoDSR: Bool

    package init(route: Route, isManual: Bool, isPeer: Bool, asksNoDSR: Bool = false) {
        self.route = route
        self.isManual = isManual
        self.isPeer = isPeer
        self.asksNoDSR = asksNoDSR
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
    private let noDSR: [Prefix]

    /// - Parameter noDSR: the clients who get no direct server return, as `enable` was told.
    init(in directory: PinDirectory, noDSR: [Prefix] = []) throws(DataplaneError) {
        let first = try FamilyRoutes<IPv4ABI>(in: directory)
        let second = try FamilyRoutes<IPv6ABI>(in: directory)
        v4 = first
        v6 = second
        self.noDSR = noDSR
    }

    /// All entries, sorted by prefix; interfaces by index only.
    package func routes() throws(DataplaneError) -> [RouteEntry] {
        try (v4.entries() + v6.entries()).sorted { $0.route < $1.route }
    }

    /// The entry that a packet to `address` meets: the longest prefix that holds it.
    package func lookUp(_ address: IPAddress) throws(DataplaneError) -> RouteEntry? {
        try routes().covering(address)
    }

    /// Creates or replaces; the entries that follow from it come along.
    package func write(_ entry: RouteEntry) throws(DataplaneError) {
        let present = try routes()
        var table = RouteTable(readBack: present, noDSR: noDSR)
        table[entry.route.prefix] = entry
        try apply(changes(from: present, to: table))
    }

    /// Deletes an entry, and with it those that follow from no other.
    ///
    /// - Throws: ``DataplaneError``: `unknownRoute`, `derivedRoute` for one that other entries ask for.
    package func delete(_ prefix: Prefix) throws(DataplaneError) {
        let present = try routes()
        var table = RouteTable(readBack: present, noDSR: noDSR)
        guard table[prefix] != nil else {
            throw present.contains { $0.route.prefix == prefix } ? .derivedRoute(prefix) : .unknownRoute(prefix)
        }
        table[prefix] = nil
        try apply(changes(from: present, to: table))
    }

    /// Makes the entries that no operator wrote equal to what the kernel's own tables say, with all that follows.
    @discardableResult
    package func synchronize(with desired: [DesiredRoute], isDryRun: Bool = false) throws(DataplaneError)
        -> RouteChanges
    {
        let present = try routes()
        let manual = present.filter(\.isManual).map(\.unmarked)
        let ofKernel = desired.map { RouteEntry(route: $0.route, isManual: false, isPeer: $0.isPeer) }
        let changes = changes(from: present, to: RouteTable(saying: manual + ofKernel, noDSR: noDSR))
        if !isDryRun { try apply(changes) }
        return RouteChanges(
            added: changes.added.map(\.route), changed: changes.changed.map(\.route),
            removed: changes.removed.map(\.route), unchanged: changes.unchanged)
    }

    private struct Changes {
        var added: [RouteEntry] = []
        var changed: [RouteEntry] = []
        var removed: [RouteEntry] = []
        /// Without those that an operator wrote.
        var unchanged = 0
    }

    private func changes(from present: [RouteEntry], to table: RouteTable) -> Changes {
        var changes = Changes()
        let wanted = table.entries()
        let known = Dictionary(present.map { ($0.route.prefix, $0) }) { first, _ in first }
        changes.removed = present.filter { wanted[$0.route.prefix] == nil }
        for entry in wanted.values.sorted(by: { $0.route < $1.route }) {
            switch known[entry.route.prefix] {
            case nil: changes.added.append(entry)
            case let old? where old.means(entry): changes.unchanged += entry.isManual ? 0 : 1
            case _?: changes.changed.append(entry)
            }
        }
        return changes
    }

    private func apply(_ changes: Changes) throws(DataplaneError) {
        for entry in changes.removed {
            _ = try entry.route.prefix.family == .v4 ? v4.delete(entry.route.prefix) : v6.delete(entry.route.prefix)
        }
        for entry in changes.added + changes.changed {
            try entry.route.prefix.family == .v4 ? v4.write(entry) : v6.write(entry)
        }
    }
}

extension RouteEntry {
    /// The entry is another node's own address, whose tunnel packets are taken.
    package var isNode: Bool {
        route.role == .host && route.prefix.isHost && route.place == .remote(via: route.prefix.address)
    }

    /// Without ``Route/noDSR``, which follows from other things.
    package var unmarked: RouteEntry {
        var entry = self
        entry.route.noDSR = false
        return entry
    }

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

extension [RouteEntry] {
    /// The entry that counts for an address: the longest prefix that holds it.
    package func covering(_ address: IPAddress) -> RouteEntry? {
        filter { $0.route.prefix.contains(address) }.max { $0.route.prefix.length < $1.route.prefix.length }
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
                    isManual: value.has(ROUTE_MANUAL), isPeer: value.has(ROUTE_PEER),
                    asksNoDSR: value.has(ROUTE_ASKS_NO_DSR))
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
        if entry.asksNoDSR { value.flags |= ROUTE_ASKS_NO_DSR.rawValue }
        if entry.isManual { value.flags |= ROUTE_MANUAL.rawValue }
        if entry.isNode { value.flags |= ROUTE_NODE.rawValue }
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
