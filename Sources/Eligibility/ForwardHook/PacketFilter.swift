// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

/// The node's packet filter rules, as far as forwarded packets and kube-proxy's leftovers are concerned.
struct PacketFilter {
    /// The chains of one of the kernel's two packet filters; nil for chains that cannot be told.
    enum Listing {
        case chains([FilterChain])
        case unknown(UnknownReason)
    }

    /// Those of nftables, among them the ones that the newer iptables makes there. Only tables in which a chain hangs on
    /// the forward hook have their rules, all others have the names of their chains.
    let nftables: Listing

    /// Those of the older iptables.
    let legacy: Listing

    /// Asks the programs that list rules, each within `patience`; they see this process's network namespace.
    static func current(patience: Duration = .milliseconds(400)) -> PacketFilter {
        let tools = FirewallTools(patience: patience)
        return PacketFilter(nftables: tools.nftables(), legacy: tools.legacy())
    }

    var forwardPolicy: ForwardPolicy {
        let refusals = [nftables, legacy].flatMap { FilterChain.refusals(in: $0.chains) }
        if !refusals.isEmpty { return .enforced(by: refusals) }
        for case .unknown(let reason) in [nftables, legacy] { return .unknown(reason: reason) }
        return .none
    }

    var kubeProxyChains: KubeProxyFacts.Leftovers {
        count([nftables, legacy]) { chains in chains.count { $0.isOfKubeProxyIptables } }
    }

    var kubeProxyTables: KubeProxyFacts.Leftovers {
        count([nftables]) { chains in Set(chains.map(\.table)).intersection(FilterChain.kubeProxyTables).count }
    }

    /// What one filter shows counts, even if the other cannot be seen.
    private func count(_ listings: [Listing], _ number: ([FilterChain]) -> Int) -> KubeProxyFacts.Leftovers {
        let total = number(listings.flatMap(\.chains))
        if total > 0 { return .counted(total) }
        for case .unknown(let reason) in listings { return .unknown(reason: reason) }
        return .counted(0)
    }
}

extension PacketFilter.Listing {
    var chains: [FilterChain] {
        if case .chains(let chains) = self { chains } else { [] }
    }
}

extension ForwardPolicy {
    /// What the node's packet filters do now; takes as long as listing their chains.
    package static func current() -> ForwardPolicy {
        PacketFilter.current().forwardPolicy
    }
}
