// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// An endpoint of one service port, once per address and port.
struct Candidate {
    let endpoint: Endpoint
    let member: SliceObject.Member
    let isLocal: Bool

    /// Which of two that name the same endpoint is believed: on this node, then the readier one.
    func isPreferred(to other: Candidate) -> Bool {
        if isLocal != other.isLocal { return isLocal }
        if member.isReady != other.member.isReady { return member.isReady }
        return member.isUsableWhileTerminating && !other.member.isUsableWhileTerminating
    }
}

extension SliceObject.Member {
    /// Ends soon and answers still.
    var isUsableWhileTerminating: Bool { isServing && isTerminating }
}

/// Which endpoints of one service port and family serve, as kube-proxy chooses them.
///
/// Source of the rules: `CategorizeEndpoints` in kubernetes/pkg/proxy/topology.go; KEP-1669, KEP-2433, KEP-4444.
struct EndpointChoice {
    /// What of the service decides.
    struct Need {
        let usesCluster: Bool
        let usesLocal: Bool
    }

    /// Get new connections.
    let active: [Candidate]
    /// Ends soon and gets none, but those it has go on.
    let draining: [Candidate]
    /// Some of the active ones are on this node and terminating, while elsewhere there are ready ones.
    let sharesTerminating: Bool

    init(_ candidates: [Candidate], need: Need, node: NodeFacts) {
        let ready = candidates.filter(\.member.isReady)
        let terminating = candidates.filter(\.member.isUsableWhileTerminating)
        let topology = Topology(ready, node)
        // Nodes that the hints send here draw what is on this node alone, so no hint takes that away.
        let nearest = ready.filter { topology.admits($0.member) || $0.isLocal }
        let cluster = nearest.isEmpty ? terminating : nearest
        var local: [Candidate] = []
        if need.usesLocal {
            local = ready.filter(\.isLocal)
            if local.isEmpty { local = terminating.filter(\.isLocal) }
        }
        let known = Set(cluster.map(\.endpoint))
        let added = local.filter { !known.contains($0.endpoint) }
        active = cluster + added
        sharesTerminating = need.usesCluster && added.contains { !$0.member.isReady }
        let chosen = Set(active.map(\.endpoint))
        draining = terminating.filter { !$0.member.isReady && !chosen.contains($0.endpoint) }
    }
}

/// How near the endpoints have to be: what the hints ask for, as long as every ready endpoint has one and one is ours.
private enum Topology {
    case anywhere
    case zone(String)
    case node(String)

    init(_ ready: [Candidate], _ node: NodeFacts) {
        self = .anywhere
        guard !ready.isEmpty else { return }
        if ready.allSatisfy({ !$0.member.nodeHints.isEmpty }),
            ready.contains(where: { $0.member.nodeHints.contains(node.name) })
        {
            self = .node(node.name)
        } else if let zone = node.zone, ready.allSatisfy({ !$0.member.zoneHints.isEmpty }),
            ready.contains(where: { $0.member.zoneHints.contains(zone) })
        {
            self = .zone(zone)
        }
    }

    func admits(_ member: SliceObject.Member) -> Bool {
        switch self {
        case .anywhere: true
        case .zone(let zone): member.zoneHints.contains(zone)
        case .node(let name): member.nodeHints.contains(name)
        }
    }
}
