// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Eligibility

@Suite struct FilterChainTests {
    static let kubeProxyRules = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [12:900]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-FIREWALL - [0:0]
        -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A FORWARD -s 10.244.0.0/16 -j ACCEPT
        -A INPUT -j DROP
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -j REJECT --reject-with icmp-port-unreachable
        COMMIT
        """

    @Test func kubeProxysOwnRulesAreNoPolicy() {
        let chains = IptablesListing.chains(in: Self.kubeProxyRules, tool: "iptables")
        #expect(FilterChain.refusals(in: chains) == [])
        #expect(chains.filter(\.isOfKubeProxyIptables).map(\.name) == ["KUBE-FORWARD", "KUBE-SERVICES"])
    }

    @Test(arguments: [
        (":FORWARD DROP [0:0]", ["iptables filter/FORWARD: policy drop"]),
        (":FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.0.0.0/8 -j REJECT", ["iptables filter/FORWARD: reject"]),
        (":FORWARD ACCEPT [0:0]\n-A FORWARD -j NFQUEUE --queue-num 2", ["iptables filter/FORWARD: nfqueue"]),
        (":FORWARD ACCEPT [0:0]\n-A FORWARD -j MARK --set-xmark 0x1/0x1\n-A FORWARD -j ACCEPT", []),
        (":FORWARD ACCEPT [0:0]\n-A FORWARD -m comment --comment \"see -j DROP\" -j ACCEPT", []),
        (":FORWARD ACCEPT [0:0]\n-A FORWARD -i eth0", []),
        (":FORWARD ACCEPT [0:0]\n:UNUSED - [0:0]\n-A UNUSED -j DROP", []),
        (
            ":FORWARD ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A FORWARD -j A\n-A A -g B\n-A B -j A\n-A B -j DROP",
            ["iptables filter/B: drop"]
        ),
        // kube-router filters in chains that look like kube-proxy's.
        (
            ":FORWARD ACCEPT [0:0]\n:KUBE-POD-FW-1 - [0:0]\n-A FORWARD -j KUBE-POD-FW-1\n-A KUBE-POD-FW-1 -j REJECT",
            ["iptables filter/KUBE-POD-FW-1: reject"]
        ),
    ])
    func rulesOfIptablesThatRefuseForwardedPacketsAreFound(_ rules: String, _ expected: [String]) {
        let chains = IptablesListing.chains(in: "*filter\n\(rules)\nCOMMIT\n", tool: "iptables")
        #expect(FilterChain.refusals(in: chains) == expected)
    }

    static let kubeProxyTable = """
        table ip kube-proxy {
        	comment "rules for kube-proxy"
        	chain filter-forward {
        		type filter hook forward priority filter - 10; policy accept;
        		ct state new jump cluster-ips-check
        	}
        	chain cluster-ips-check {
        		ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"
        	}
        }
        """

    @Test func kubeProxysNftablesModeIsRecognisedAndNoPolicy() {
        let chains = NftablesListing.chains(in: Self.kubeProxyTable)
        #expect(chains.map(\.path) == ["nft ip kube-proxy/filter-forward", "nft ip kube-proxy/cluster-ips-check"])
        #expect(FilterChain.refusals(in: chains) == [])
        let filter = PacketFilter(nftables: .chains(chains), legacy: .chains([]))
        #expect(filter.kubeProxyTables == .counted(1))
        #expect(filter.kubeProxyChains == .counted(0))
    }

    @Test(arguments: [
        ("", "policy drop;", ["nft inet fw/fwd: policy drop"]),
        ("ip saddr 10.0.0.0/8 counter packets 0 bytes 0 reject", "policy accept;", ["nft inet fw/fwd: reject"]),
        ("counter packets 3 bytes 9 queue flags bypass to 100", "policy accept;", ["nft inet fw/fwd: queue"]),
        ("ct state vmap { established : accept, invalid : drop }", "policy accept;", ["nft inet fw/fwd: drop"]),
        ("iifname vmap @by-interface", "policy accept;", ["nft inet fw/fwd: vmap"]),
        ("xt target \"REJECT\"", "policy accept;", ["nft inet fw/fwd: reject"]),
        ("xt target \"MASQUERADE\"", "policy accept;", []),
        ("iifname \"drop\" log prefix \"reject: \" accept comment \"do not drop\"", "policy accept;", []),
        ("jump other", "policy accept;", ["nft inet fw/other: drop"]),
        ("meta mark vmap { 0x00000001 : goto other, 0x00000002 : accept }", "", ["nft inet fw/other: drop"]),
        ("counter packets 0 bytes 0 meta mark set 0x00000001", "", []),
    ])
    func rulesOfNftablesThatRefuseForwardedPacketsAreFound(_ rule: String, _ policy: String, _ expected: [String]) {
        let text = """
            table inet fw {
            	map by-interface {
            		type ifname : verdict
            	}

            	chain fwd {
            		type filter hook forward priority filter; \(policy)
            		\(rule)
            	}

            	chain input {
            		type filter hook input priority filter; policy drop;
            	}

            	chain other {
            		meta l4proto tcp log prefix "x" drop
            	}
            }
            """
        #expect(FilterChain.refusals(in: NftablesListing.chains(in: text)) == expected)
    }

    @Test func refusalsCountEvenIfTheOtherFilterIsUnknown() {
        let chain = FilterChain(table: "nft inet fw", name: "fwd", hook: "forward", policy: "drop")
        let unknown = PacketFilter.Listing.unknown(.noProgram("iptables-legacy-save"))
        let filter = PacketFilter(nftables: .chains([chain]), legacy: unknown)
        #expect(filter.forwardPolicy == .enforced(by: ["nft inet fw/fwd: policy drop"]))
        #expect(filter.kubeProxyChains == .unknown(reason: .noProgram("iptables-legacy-save")))
        #expect(
            PacketFilter(nftables: .chains([]), legacy: unknown).forwardPolicy
                == .unknown(reason: .noProgram("iptables-legacy-save")))
        #expect(PacketFilter(nftables: .chains([]), legacy: .chains([])).forwardPolicy == .none)
    }
}
