// SPDX-License-Identifier: Apache-2.0

/// kube-proxy's own among the rules of one family and back-end of iptables, and how to take them away.
///
/// The kubelet's chains (`KUBE-FIREWALL` of the filter table, `KUBE-MARK-DROP`, `KUBE-KUBELET-CANARY`, `KUBE-IPTABLES-HINT`)
/// and those of other products (`KUBE-ROUTER-…`, `KUBE-POD-FW-…`) are not among them.
/// Source of the names: kubernetes/pkg/proxy/iptables and pkg/proxy/ipvs, `cleanup.go` and `proxier.go`.
package struct KubeProxyRules: Equatable, Sendable {
    package struct Table: Equatable, Sendable {
        /// `nat`, `filter` or `mangle`.
        package let name: String
        /// The rules of the kernel's own chains that lead into kube-proxy's, as `-A` lines.
        package let jumps: [String]
        /// The chains that can go, in the order they are printed.
        package let chains: [String]
        package let kept: [Kept]

        package init(name: String, jumps: [String], chains: [String], kept: [Kept]) {
            (self.name, self.jumps, self.chains, self.kept) = (name, jumps, chains, kept)
        }

        /// True when all that is kube-proxy's stays.
        package var isEmpty: Bool { jumps.isEmpty && chains.isEmpty }

        /// What `iptables-restore --noflush` takes to remove it at once; everything else stays as it is.
        package var removal: String {
            if isEmpty { return "" }
            // Declaring a chain empties it, so that no rule of one holds another.
            let lines =
                ["*\(name)"] + chains.map { ":\($0) - [0:0]" } + jumps.map { "-D" + $0.dropFirst(2) }
                + chains.map { "-X \($0)" } + ["COMMIT"]
            return lines.map { $0 + "\n" }.joined()
        }
    }

    /// A chain that stays because a rule of somebody else leads there.
    package struct Kept: Equatable, Sendable {
        package let chain: String
        /// As an `-A` line; nil for a chain that another kept one needs.
        package let rule: String?

        package init(chain: String, rule: String?) {
            (self.chain, self.rule) = (chain, rule)
        }
    }

    /// Those in which kube-proxy has something.
    package let tables: [Table]

    /// The names that kube-proxy gives to nftables tables, in the families `ip` and `ip6`.
    package static let nftablesTable = "kube-proxy"
    /// The device that bears the service addresses in IPVS mode.
    package static let ipvsDevice = "kube-ipvs0"

    package var isEmpty: Bool { tables.allSatisfy(\.isEmpty) }

    /// - Parameter saved: what `iptables-save` prints.
    package init(saved: String) {
        tables = SavedTable.all(in: saved).map(Table.init).filter { !($0.isEmpty && $0.kept.isEmpty) }
    }

    /// What `iptables-restore --noflush` takes to remove all of it, each table at once; everything else stays as it is.
    package var removal: String { tables.map(\.removal).joined() }
}

extension KubeProxyRules.Table {
    private static let names: [String: Set<String>] = [
        "nat": [
            "KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ", "KUBE-PROXY-CANARY",
            // IPVS mode.
            "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-FIREWALL",
        ],
        "filter": [
            "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-FORWARD", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL",
            "KUBE-PROXY-CANARY",
            // IPVS mode.
            "KUBE-NODE-PORT", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER", "KUBE-IPVS-OUT-FILTER",
        ],
        "mangle": ["KUBE-PROXY-CANARY"],
    ]

    /// Of chains that belong to one service or endpoint, whose hash follows.
    private static let prefixes = ["KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-EXT-", "KUBE-XLB-", "KUBE-FW-"]

    fileprivate init(_ table: SavedTable) {
        let own = Set(table.chains.filter { Self.isOwn($0, in: table.name) })
        let leading = table.rules.filter { rule in
            !own.contains(rule.chain) && rule.target.map(own.contains) == true
        }
        let jumps = leading.filter(\.isKubeProxyJump)
        var kept: [KubeProxyRules.Kept] = []
        var stays: Set<String> = []
        for rule in leading where !rule.isKubeProxyJump {
            guard let chain = rule.target, stays.insert(chain).inserted else { continue }
            kept.append(KubeProxyRules.Kept(chain: chain, rule: rule.text))
        }
        // What a chain that stays leads to stays with it.
        var next = 0
        while next < kept.count {
            for rule in table.rules where rule.chain == kept[next].chain {
                guard let chain = rule.target, own.contains(chain), stays.insert(chain).inserted else { continue }
                kept.append(KubeProxyRules.Kept(chain: chain, rule: nil))
            }
            // Who marks packets for masquerading counts on the chain that does it.
            if kept[next].chain == marking, own.contains(masquerading), stays.insert(masquerading).inserted {
                kept.append(KubeProxyRules.Kept(chain: masquerading, rule: nil))
            }
            next += 1
        }
        let isMasqueradingOn = stays.contains(masquerading)
        self.init(
            name: table.name,
            jumps: jumps.filter { !(isMasqueradingOn && $0.target == masquerading) }.map(\.text),
            chains: table.chains.filter { own.contains($0) && !stays.contains($0) }, kept: kept)
    }

    private static func isOwn(_ chain: String, in table: String) -> Bool {
        if names[table]?.contains(chain) == true { return true }
        guard table == "nat", let prefix = prefixes.first(where: { chain.hasPrefix($0) }) else { return false }
        // The first 16 characters of a hash in base 32.
        let hash = chain.utf8.dropFirst(prefix.utf8.count)
        return hash.count == 16
            && hash.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "2")...UInt8(ascii: "7")).contains(byte)
            }
    }
}

private let marking = "KUBE-MARK-MASQ"
private let masquerading = "KUBE-POSTROUTING"

extension SavedTable.Rule {
    /// kube-proxy marks the jumps it makes in the kernel's own chains; a rule without such a mark is somebody else's.
    fileprivate var isKubeProxyJump: Bool {
        let kernels: Set<String> = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]
        return kernels.contains(chain) && comment?.hasPrefix("kubernetes ") == true
    }
}
