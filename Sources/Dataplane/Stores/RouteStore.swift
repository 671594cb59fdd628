// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel
package import Topology

/// One entry of the routes maps.
package struct RouteEntry: Hashable, Sendable {
    /// Who says so. Of two that speak of one prefix the later one here counts.
    package enum Origin: String, Sendable {
        /// The kernel's own tables, or it follows from other entries.
        case kernel
        /// A Node object, by way of `service apply`.
        case cluster
        /// An operator.
        case manual
    }

    package var route: Route
    package var origin: Origin
    /// The interface is a veth whose other end is in a pod.
    package var isPeer: Bool
    /// An operator wants ``Route/noDSR`` for the whole prefix, whatever `enable` was told.
    package var asksNoDSR: Bool
    /// Pods of another node that the kernel reaches by a device without programs of ours, so that answers would not be
    /// seen: what pods send there is left to the host stack.
    package var goesThroughStack: Bool

    package init(
        route: Route, origin: Origin = .kernel, isPeer: Bool = false, asksNoDSR: Bool = false,
        goesThroughStack: Bool = false
    ) {
        self.route = route
        self.origin = origin
        self.isPeer = isPeer
        self.asksNoDSR = asksNoDSR
        self.goesThroughStack = goesThroughStack
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

    /// Makes the entries that nobody else wrote equal to what the kernel's own tables say, with all that follows.
    @discardableResult
    package func synchronize(with kernel: KernelRoutes, isDryRun: Bool = false) throws(DataplaneError) -> RouteChanges {
        let present = try routes()
        let others = present.filter { $0.origin != .kernel }
        return try make(RouteTable(others, kernel, noDSR: noDSR), from: present, isDryRun: isDryRun).changes(
            but: .manual)
    }

    /// Makes the entries that Node objects speak of equal to them, with all that follows.
    ///
    /// - Parameters:
    ///   - nodes: of other nodes only.
    ///   - here: what the objects say is on this node, which no entry of theirs may contradict.
    ///   - pruning: whether an entry of theirs goes that they no longer speak of.
    package func synchronize(
        withNodes nodes: [Route], here: Set<Prefix>, pruning: Bool, kernel: KernelRoutes, isDryRun: Bool = false
    ) throws(DataplaneError) -> RouteChanges {
        let present = try routes()
        let spoken = Set(nodes.map(\.prefix)).union(here)
        let stay = present.filter { entry in
            entry.origin == .manual || entry.origin == .cluster && !pruning && !spoken.contains(entry.route.prefix)
        }
        let said = nodes.map { RouteEntry(route: $0, origin: .cluster) }
        let table = RouteTable(stay + said, kernel, noDSR: noDSR)
        return try make(table, from: present, isDryRun: isDryRun).changes(but: .manual)
    }

    private func make(_ table: RouteTable, from present: [RouteEntry], isDryRun: Bool) throws(DataplaneError) -> Changes
    {
        let changes = changes(from: present, to: table)
        if !isDryRun { try apply(changes) }
        return changes
    }

    private struct Changes {
        var added: [RouteEntry] = []
        var changed: [RouteEntry] = []
        var removed: [RouteEntry] = []
        var unchanged: [RouteEntry] = []

        /// - Parameter origin: whose entries are not counted where they stay.
        func changes(but origin: RouteEntry.Origin) -> RouteChanges {
            RouteChanges(
                added: added.map(\.route), changed: changed.map(\.route), removed: removed.map(\.route),
                unchanged: unchanged.count { $0.origin != origin })
        }
    }

    private func changes(from present: [RouteEntry], to table: RouteTable) -> Changes {
        var changes = Changes()
        let wanted = table.entries()
        let known = Dictionary(present.map { ($0.route.prefix, $0) }) { first, _ in first }
        changes.removed = present.filter { wanted[$0.route.prefix] == nil }
        for entry in wanted.values.sorted(by: { $0.route < $1.route }) {
            switch known[entry.route.prefix] {
            case nil: changes.added.append(entry)
            case let old? where old.means(entry): changes.unchanged.append(entry)
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
                    origin: value.has(ROUTE_MANUAL) ? .manual : value.has(ROUTE_CLUSTER) ? .cluster : .kernel,
                    isPeer: value.has(ROUTE_PEER), asksNoDSR: value.has(ROUTE_ASKS_NO_DSR),
                    goesThroughStack: value.has(ROUTE_STACK))
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
        switch entry.origin {
        case .kernel: break
        case .cluster: value.flags |= ROUTE_CLUSTER.rawValue
        case .manual: value.flags |= ROUTE_MANUAL.rawValue
        }
        if entry.goesThroughStack { value.flags |= ROUTE_STACK.rawValue }
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
