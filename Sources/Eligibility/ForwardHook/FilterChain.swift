// SPDX-License-Identifier: Apache-2.0

/// A chain of packet filter rules, reduced to what can keep a packet from passing.
struct FilterChain: Hashable {
    /// Where it is, such as `iptables filter` or `nft inet firewalld`.
    let table: String

    let name: String

    /// The netfilter hook, such as `forward`, that a base chain hangs on.
    var hook: String?

    /// What becomes of packets that no rule of a base chain decided on, in lower case.
    var policy = "accept"

    var rules: [Rule] = []

    struct Rule: Hashable {
        /// The word for what it does to a packet that is neither accepting it nor changing it, such as `drop`.
        var refusal: String?

        /// Chains of the same table that it continues in.
        var targets: [String] = []
    }

    /// As reports name it: `iptables filter/FORWARD`.
    var path: String { "\(table)/\(name)" }
}

extension FilterChain {
    /// The chains that kube-proxy fills in its iptables mode. Other products use the prefix `KUBE-` for policy, and the
    /// kubelet makes a few of its own.
    private static let kubeProxyNames: Set<String> = [
        "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-FORWARD", "KUBE-PROXY-FIREWALL",
        "KUBE-PROXY-CANARY",
    ]

    /// Chains of kube-proxy that exist for each service or endpoint.
    private static let kubeProxyPrefixes = [
        "KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-FW-", "KUBE-XLB-",
    ]

    /// The table of kube-proxy's nftables mode, in both families.
    static let kubeProxyTables: Set<String> = ["nft ip kube-proxy", "nft ip6 kube-proxy"]

    /// Whether kube-proxy made it, in whichever mode.
    var isOfKubeProxy: Bool { isOfKubeProxyIptables || Self.kubeProxyTables.contains(table) }

    /// Whether kube-proxy's iptables mode made it.
    var isOfKubeProxyIptables: Bool {
        Self.kubeProxyNames.contains(name) || Self.kubeProxyPrefixes.contains { name.hasPrefix($0) }
    }
}

extension FilterChain {
    /// What in these chains refuses forwarded packets, followed from the forward hook through every jump.
    ///
    /// kube-proxy's own refusals concern services without endpoints and invalid segments, which the dataplane handles.
    static func refusals(in chains: [FilterChain]) -> [String] {
        let byPath = Dictionary(chains.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var waiting = chains.filter { $0.hook == "forward" }
        var seen = Set(waiting.map(\.path))
        var found: [String] = []
        var next = 0
        while next < waiting.count {
            let chain = waiting[next]
            next += 1
            if chain.isOfKubeProxy { continue }
            if chain.policy != "accept" { found.append("\(chain.path): policy \(chain.policy)") }
            if let refusal = chain.rules.compactMap(\.refusal).first { found.append("\(chain.path): \(refusal)") }
            for target in chain.rules.flatMap(\.targets) {
                let path = "\(chain.table)/\(target)"
                if let follower = byPath[path], seen.insert(path).inserted { waiting.append(follower) }
            }
        }
        return found
    }
}
