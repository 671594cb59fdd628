// SPDX-License-Identifier: Apache-2.0

extension InterfaceReason {
    /// A phrase without full stop that stands after the interface's name and role.
    package var text: String {
        switch self {
        case .namedUplink: "named with --uplink"
        case .defaultRoute: "has the default route"
        case .nodeAddress(let address): "carries the node address \(address)"
        case .matchesPattern(let pattern): "matches --workload '\(pattern)'"
        case .vethIntoAnotherNamespace(nil): "veth whose other end is in another namespace"
        case .vethIntoAnotherNamespace(let bridge?):
            "veth whose other end is in another namespace, port of bridge \(bridge)"
        case .ownTunnel: "made by 'enable': leads to other nodes' backends"
        case .loopback: "loopback"
        case .bondMember(let bond): "member of \(bond): programs sit on the bond"
        case .bridge: "bridge: programs sit on its workload ports"
        case .bridgePort(let bridge): "port of bridge \(bridge)"
        case .beneath(let uplink): "beneath \(uplink): programs sit on that device"
        case .localVeth(let peer): "veth whose other end \(peer) is in this namespace too"
        case .unmatchedVeth: "veth whose other end is in another namespace, but no --workload matches it"
        case .unnamedDefaultRoute: "has the default route, but --uplink names others"
        case .down: "down"
        case .unclaimed: "has no default route, no node address and no workload"
        }
    }
}

extension TopologyError {
    /// One line in lower case without full stop.
    package var message: String {
        switch self {
        case .unknownUplink(let name, _): "unknown uplink '\(name)': no such interface"
        case .noUplink: "no uplink found: no interface has a default route and none is named with --uplink"
        }
    }

    /// What to do about it, with a command to run.
    package var hint: String {
        switch self {
        case .unknownUplink(_, let existing) where existing.isEmpty: "list interfaces with 'ebpfctl interface list'"
        case .unknownUplink(_, let existing):
            "the interfaces here are \(existing.joined(separator: ", ")); see 'ebpfctl interface list'"
        case .noUplink(let candidates):
            "name the interface that leads to other nodes with 'ebpfctl enable --uplink \(candidates.first ?? "IF")'"
                + (candidates.count > 1 ? "; candidates are \(candidates.joined(separator: ", "))" : "")
        }
    }
}

extension TopologyWarning {
    /// One line in lower case without full stop.
    package var message: String {
        switch self {
        case .idlePattern(let pattern): "--workload '\(pattern)' selects no interface"
        case .foreignNodeAddress(let address): "no interface bears the node address '\(address)'"
        }
    }
}
