// SPDX-License-Identifier: Apache-2.0

internal import DataplaneModel
internal import Topology

/// What the routes maps should hold: what the kernel, Node objects and operators say, and the entries that follow from it.
///
/// Each address that a route names as another node's gets an entry of its own, so that the node's tunnel packets are
/// taken. Each prefix that `enable` was told to give no direct server return gets one too, which otherwise means what
/// the next wider entry means. Whatever lies in such a prefix, or in an operator's that asks for the same, is marked.
struct RouteTable {
    /// What is said, by prefix.
    private(set) var said: [Prefix: RouteEntry]
    private let noDSR: [Prefix]

    /// - Parameter said: of two entries of one prefix the first counts.
    init(saying said: [RouteEntry], noDSR: [Prefix]) {
        self.said = Dictionary(said.map { ($0.route.prefix, $0) }) { first, _ in first }
        // A wider prefix before those that may take its entry over.
        self.noDSR = noDSR.sorted { $0.length < $1.length }
    }

    /// What others than the kernel say, and what the kernel says where they say nothing.
    ///
    /// Once there are Node objects a gateway of the kernel's is a node only if they, or an operator, name it.
    init(_ others: [RouteEntry], _ kernel: KernelRoutes, noDSR: [Prefix]) {
        let local = Set(kernel.desired.lazy.filter(\.route.isLocal).map(\.route.prefix))
        // An object may be older than an address that this node has been given.
        let believed = others.filter { $0.origin != .cluster || !local.contains($0.route.prefix) }
        let nodes = Set(believed.lazy.filter(\.isNode).map(\.route.prefix.address))
        let known = Set(believed.lazy.filter { $0.origin == .cluster }.map(\.route.prefix.family))
        let ofKernel = kernel.desired(among: nodes, of: known).map { RouteEntry(route: $0.route, isPeer: $0.isPeer) }
        let judged = (believed + ofKernel).map { entry in
            var entry = entry.unmarked
            entry.goesThroughStack =
                !entry.route.isLocal && entry.route.role == .workload
                && kernel.goThroughStack(to: entry.route.prefix)
            return entry
        }
        self.init(saying: judged, noDSR: noDSR)
    }

    /// Tells what is said from what follows, in what a map holds.
    init(readBack entries: [RouteEntry], noDSR: [Prefix]) {
        self.init(saying: entries, noDSR: noDSR)
        let all = said
        for entry in entries where entry.origin == .kernel && (entry.isNode || repeatsWider(entry, in: all)) {
            said[entry.route.prefix] = nil
        }
        said = said.mapValues(\.unmarked)
    }

    subscript(prefix: Prefix) -> RouteEntry? {
        get { said[prefix] }
        set { said[prefix] = newValue }
    }

    /// All entries, by prefix.
    func entries() -> [Prefix: RouteEntry] {
        var all = said
        addNodes(to: &all)
        for prefix in noDSR where all[prefix] == nil {
            all[prefix] = Self.taken(from: Self.wider(than: prefix, in: all), by: prefix)
        }
        let tunnelled = noDSR + said.values.filter(\.asksNoDSR).map(\.route.prefix)
        for (prefix, entry) in all where tunnelled.contains(where: { $0.contains(prefix) }) {
            var marked = entry
            marked.route.noDSR = true
            all[prefix] = marked
        }
        return all
    }

    private func addNodes(to all: inout [Prefix: RouteEntry]) {
        for entry in said.values {
            guard case .remote(let node) = entry.route.place, !node.isUnspecified,
                node.family == entry.route.prefix.family
            else { continue }
            let prefix = Prefix(host: node)
            if let known = said[prefix] {
                // Of a node on the link the kernel may have a route of its own, which says less.
                guard known.origin == .kernel, known.means(Self.taken(from: nil, by: prefix)) else { continue }
            } else if Self.wider(than: prefix, in: said)?.route.isLocal == true {
                continue
            }
            let route = Route(prefix: prefix, role: .host, place: .remote(via: node))
            all[prefix] = RouteEntry(route: route)
        }
    }

    private func repeatsWider(_ entry: RouteEntry, in all: [Prefix: RouteEntry]) -> Bool {
        let prefix = entry.route.prefix
        guard entry.route.noDSR, noDSR.contains(prefix) else { return false }
        var unmarked = entry
        unmarked.route.noDSR = false
        return unmarked.means(Self.taken(from: Self.wider(than: prefix, in: all), by: prefix))
    }

    /// The longest prefix around this one that has an entry.
    private static func wider(than prefix: Prefix, in all: [Prefix: RouteEntry]) -> RouteEntry? {
        for length in (0..<prefix.length).reversed() {
            if let entry = all[Prefix(around: prefix.address, length: length)] { return entry }
        }
        return nil
    }

    /// The same meaning for another prefix; without an entry, one that programs take as none.
    private static func taken(from entry: RouteEntry?, by prefix: Prefix) -> RouteEntry {
        let nowhere = Route.Place.remote(via: prefix.family == .v4 ? .v4(0) : .v6(high: 0, low: 0))
        let route = Route(prefix: prefix, role: entry?.route.role ?? .host, place: entry?.route.place ?? nowhere)
        return RouteEntry(
            route: route, isPeer: entry?.isPeer ?? false, goesThroughStack: entry?.goesThroughStack ?? false)
    }
}

extension Prefix {
    fileprivate func contains(_ other: Prefix) -> Bool { length <= other.length && contains(other.address) }
}
