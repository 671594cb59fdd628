// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// Where the addresses of nodes and pods are, as `Node` objects and slices say.
struct NodeRoutes {
    private struct Claim {
        let route: NodeRoute
        let node: String
    }

    private let here: NodeFacts
    private let nodes: [NodeObject]
    private var claims: [Prefix: Claim] = [:]
    private var unreachable: Set<TranslationNote> = []
    private(set) var notes: [TranslationNote] = []

    /// The addresses and the blocks of every node; of two that claim one prefix the first by name has it.
    init(to nodes: [NodeObject], from here: NodeFacts) {
        self.here = here
        self.nodes = nodes.sorted { $0.name < $1.name }
        for node in self.nodes {
            notes += node.unusableIPs.map { .unusableInternalIP(node: node.name, address: $0) }
            for address in node.internalIPs { claim(Prefix(host: address), .host, for: node) }
            for block in node.podCIDRs { claim(block, .workload, for: node) }
        }
        let silent = self.nodes.filter { $0.podCIDRs.isEmpty && $0.name != here.name }.map(\.name)
        if !silent.isEmpty { notes.append(.nodesWithoutPodCIDRs(silent)) }
    }

    /// Sorted by prefix.
    var routes: [NodeRoute] { claims.values.map(\.route).sorted { $0.prefix < $1.prefix } }

    private mutating func claim(_ prefix: Prefix, _ role: Route.Role, for node: NodeObject) {
        guard let place = place(of: prefix, role, on: node) else { return }
        guard let other = claims[prefix]?.node else {
            claims[prefix] = Claim(route: NodeRoute(prefix: prefix, role: role, place: place), node: node.name)
            return
        }
        if other != node.name { notes.append(.repeatedRoute(prefix, first: other, second: node.name)) }
    }

    /// Gives a route of its own to each pod whose slice names another node than the blocks do.
    ///
    /// So it is where a network hands out addresses without regard to `podCIDRs`. What is itself a node's address has
    /// a route already.
    mutating func add(pods: [IPAddress: String]) {
        let strays = strays(among: pods)
        for stray in strays.prefix(Self.podLimit) { claim(stray.prefix, .workload, for: stray.node) }
        if strays.count > Self.podLimit {
            notes.append(.podRoutesLeftOut(strays.count - Self.podLimit, limit: Self.podLimit))
        }
    }

    private func strays(among pods: [IPAddress: String]) -> [(prefix: Prefix, node: NodeObject)] {
        let named = Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }
        let lengths = Dictionary(grouping: claims.keys, by: \.family)
            .mapValues { Set($0.map(\.length)).sorted(by: >) }
        var strays: [(prefix: Prefix, node: NodeObject)] = []
        for (address, name) in pods where name != here.name && claims[Prefix(host: address)] == nil {
            let length = lengths[address.family]?.first { claims[Prefix(around: address, length: $0)] != nil }
            let owner = length.flatMap { claims[Prefix(around: address, length: $0)]?.node }
            guard owner != name, let node = named[name] else { continue }
            strays.append((Prefix(host: address), node))
        }
        return strays.sorted { $0.prefix < $1.prefix }
    }

    /// Leaves room in the table, which holds 65,536 entries, for nodes, blocks and what the kernel says.
    private static let podLimit = 40_000

    /// Nil, and noted once, where the node has no address of the family.
    private mutating func place(of prefix: Prefix, _ role: Route.Role, on node: NodeObject) -> NodeRoute.Place? {
        if node.name == here.name { return .here }
        if role == .host { return .node(node.name, via: prefix.address) }
        if let address = node.internalIP(prefix.family) { return .node(node.name, via: address) }
        let note = TranslationNote.nodeWithoutAddress(node.name, prefix.family)
        if unreachable.insert(note).inserted { notes.append(note) }
        return nil
    }
}
