// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

extension ObjectSet {
    /// What the dataplane of one node shall hold so that it serves these objects as kube-proxy would.
    ///
    /// The same objects give the same state in whatever order they come, but for repeated ones.
    ///
    /// - Throws: ``TranslationError`` when there are node objects and this node is none of them, or another machine, and
    ///   when there are none and nothing else tells which endpoints are here.
    package func desiredState(_ options: TranslationOptions) throws(TranslationError) -> DesiredState {
        var notes = skipped.sorted { $0.key < $1.key }.map { TranslationNote.skippedKind($0.key, count: $0.value) }
        let nodes = nodes.latest(by: \.name, kind: "Node", &notes)
        let node = try NodeFacts(options.node, among: nodes)
        try node.requireMachine(options.ownAddresses, among: nodes, &notes)
        let index = EndpointIndex(self, try Locality(self, of: node, options, &notes), notes: &notes)
        var translation = ServiceTranslation(node: node, index: index, options: options)
        for service in services.latest(by: \.name, kind: "Service", &notes).sorted(by: { $0.name < $1.name }) {
            translation.add(service)
        }
        translation.settleConflicts()
        var routes = NodeRoutes(to: nodes, from: node)
        routes.add(pods: translation.nodesOfPods)
        return DesiredState(
            services: translation.services.sorted { $0.name < $1.name }, routes: routes.routes, node: node,
            healthChecks: translation.healthChecks, notes: notes + routes.notes + translation.notes)
    }
}

extension NodeFacts {
    init(_ choice: TranslationOptions.NodeChoice, among nodes: [NodeObject]) throws(TranslationError) {
        guard !nodes.isEmpty else {
            self.init(name: choice.text, isKnown: false, zone: nil, internalIPs: [], podCIDRs: [])
            return
        }
        let candidates = choice.matches(among: nodes)
        guard let node = candidates.first else {
            throw .unknownNode(choice, known: nodes.map(\.name).sorted())
        }
        guard candidates.count == 1 else {
            throw .ambiguousNode(hostName: choice.text, candidates: candidates.map(\.name).sorted())
        }
        self.init(
            name: node.name, isKnown: true, zone: node.zone, internalIPs: node.internalIPs, podCIDRs: node.podCIDRs)
    }
}

extension NodeFacts {
    /// A copied command line that names one node on all of them would turn every route round.
    ///
    /// - Parameter own: the machine's addresses, of one family perhaps; without any, nothing is required.
    fileprivate func requireMachine(
        _ own: Set<IPAddress>, among nodes: [NodeObject], _ notes: inout [TranslationNote]
    ) throws(TranslationError) {
        guard !own.isEmpty, isKnown, own.isDisjoint(with: internalIPs) else { return }
        for node in nodes.sorted(by: { $0.name < $1.name }) {
            guard let address = node.internalIPs.first(where: own.contains) else { continue }
            throw .otherMachine(chosen: name, address: address, of: node.name)
        }
        let families = Set(own.map(\.family))
        if internalIPs.contains(where: { families.contains($0.family) }) { notes.append(.strangeNode(name)) }
    }
}

extension TranslationOptions.NodeChoice {
    /// As the kubelet takes its name from the machine: in lower case.
    fileprivate var text: String {
        switch self {
        case .name(let name): name
        case .hostName(let name): name.lowercased()
        }
    }

    /// The node of that name; for a host name else those that call themselves so, in full or without their domain.
    fileprivate func matches(among nodes: [NodeObject]) -> [NodeObject] {
        let named = nodes.filter { $0.name == text }
        guard case .hostName = self, named.isEmpty else { return named }
        let calling = nodes.filter { $0.hostNames.contains { $0.lowercased() == text } }
        if !calling.isEmpty { return calling }
        return nodes.filter { node in
            node.name.prefix { $0 != "." } == text.prefix { $0 != "." }
        }
    }
}
