// SPDX-License-Identifier: Apache-2.0

/// A node's packet filter rules, in the layout in which kube-proxy, the kubelet, Docker and an administrator write them.
///
/// Sources: kubernetes/pkg/proxy/iptables/proxier.go and nftables/proxier.go (1.34).
enum NodeRules {
    /// What belongs to others, for iptables-restore.
    ///
    /// - Parameter isIPv6: for ip6tables.
    static func foreign(isIPv6: Bool) -> String {
        let bridge = isIPv6 ? "fd17::/64" : "172.17.0.0/16"
        let office = isIPv6 ? "fd99::/64" : "203.0.113.0/24"
        let loopback = isIPv6 ? "::1/128" : "127.0.0.0/8"
        return """
            *mangle
            :KUBE-IPTABLES-HINT - [0:0]
            :KUBE-KUBELET-CANARY - [0:0]
            -A PREROUTING -s \(office) -m comment --comment "kubernetes is not what this is about" -j MARK --set-xmark 0x7/0xff
            COMMIT
            *filter
            :DOCKER - [0:0]
            :DOCKER-USER - [0:0]
            :KUBE-FIREWALL - [0:0]
            :KUBE-KUBELET-CANARY - [0:0]
            :KUBE-ROUTER-FORWARD - [0:0]
            -A INPUT -p tcp -m tcp --dport 22 -m comment --comment "ssh \\"in\\", -j KUBE-SERVICES" -j ACCEPT
            -A INPUT -j KUBE-FIREWALL
            -A FORWARD -s \(office) -p udp -m udp --dport 514 -j DOCKER-USER
            -A FORWARD -j KUBE-ROUTER-FORWARD
            -A OUTPUT -j KUBE-FIREWALL
            -A DOCKER -d \(bridge) -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
            -A DOCKER-USER -j RETURN
            -A KUBE-FIREWALL ! -s \(loopback) -d \(loopback) -m comment --comment "block incoming localnet connections" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
            COMMIT
            *nat
            :DOCKER - [0:0]
            :KUBE-KUBELET-CANARY - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A POSTROUTING -s \(bridge) ! -o docker0 -j MASQUERADE
            -A DOCKER -i docker0 -j RETURN
            COMMIT

            """
    }

    /// What kube-proxy's iptables mode writes, in front of the others' rules in the chains of the kernel.
    ///
    /// - Parameter backends: of its one service with a node port.
    static func kubeProxy(address: String, backends: [String], isIPv6: Bool) -> String {
        let length = isIPv6 ? 128 : 32
        let new = "-m conntrack --ctstate NEW"
        let service = "KUBE-SVC-NPX46M4PTMTKRN6Y"
        let external = "KUBE-EXT-NPX46M4PTMTKRN6Y"
        let endpoints = backends.indices.map { "KUBE-SEP-ZZZZZZZZZZZZZZZ\($0 + 2)" }
        func note(_ text: String) -> String { "-m comment --comment \"\(text)\"" }
        let port = note("default/echo:web cluster IP")
        let filterChains = [
            "KUBE-EXTERNAL-SERVICES", "KUBE-FORWARD", "KUBE-NODEPORTS", "KUBE-PROXY-CANARY", "KUBE-PROXY-FIREWALL",
            "KUBE-SERVICES",
        ]
        let natChains =
            [
                "KUBE-MARK-MASQ", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-PROXY-CANARY", "KUBE-SERVICES", service,
                external,
            ] + endpoints
        let filter =
            ["*filter"] + filterChains.map { ":\($0) - [0:0]" } + [
                "-I OUTPUT \(new) \(note("kubernetes load balancer firewall")) -j KUBE-PROXY-FIREWALL",
                "-I OUTPUT \(new) \(note("kubernetes service portals")) -j KUBE-SERVICES",
                "-I FORWARD \(new) \(note("kubernetes load balancer firewall")) -j KUBE-PROXY-FIREWALL",
                "-I FORWARD \(note("kubernetes forwarding rules")) -j KUBE-FORWARD",
                "-I FORWARD \(new) \(note("kubernetes service portals")) -j KUBE-SERVICES",
                "-I FORWARD \(new) \(note("kubernetes externally-visible service portals")) -j KUBE-EXTERNAL-SERVICES",
                "-I INPUT \(new) \(note("kubernetes load balancer firewall")) -j KUBE-PROXY-FIREWALL",
                "-I INPUT \(note("kubernetes health check service ports")) -j KUBE-NODEPORTS",
                "-I INPUT \(new) \(note("kubernetes externally-visible service portals")) -j KUBE-EXTERNAL-SERVICES",
                "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
                "-A KUBE-FORWARD \(note("kubernetes forwarding rules")) -m mark --mark 0x4000/0x4000 -j ACCEPT",
                "-A KUBE-FORWARD \(note("kubernetes forwarding conntrack rule")) -m conntrack "
                    + "--ctstate RELATED,ESTABLISHED -j ACCEPT",
                "COMMIT",
            ]
        var nat =
            ["*nat"] + natChains.map { ":\($0) - [0:0]" } + [
                "-I PREROUTING \(note("kubernetes service portals")) -j KUBE-SERVICES",
                "-I OUTPUT \(note("kubernetes service portals")) -j KUBE-SERVICES",
                "-I POSTROUTING \(note("kubernetes postrouting rules")) -j KUBE-POSTROUTING",
                "-A KUBE-MARK-MASQ -j MARK --or-mark 0x4000",
                "-A KUBE-NODEPORTS -p tcp \(note("default/echo:web")) -m tcp --dport 30080 -j \(external)",
                "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
                "-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000",
                "-A KUBE-POSTROUTING \(note("kubernetes service traffic requiring SNAT")) -j MASQUERADE --random-fully",
                "-A KUBE-SERVICES -d \(address)/\(length) -p tcp \(port) -m tcp --dport 80 -j \(service)",
                "-A KUBE-SERVICES \(note("kubernetes service nodeports; NOTE: this must be the last rule in this chain"))"
                    + " -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
                "-A \(external) \(note("masquerade traffic for default/echo:web external destinations")) -j KUBE-MARK-MASQ",
                "-A \(external) -j \(service)",
            ]
        for (index, backend) in backends.enumerated() {
            let share = index + 1 < backends.count ? "-m statistic --mode random --probability 0.50000000000 " : ""
            let name = note("default/echo:web -> \(backend)")
            let host = backend.split(separator: "]").first.map { $0.drop { $0 == "[" } } ?? ""
            let source = isIPv6 ? String(host) : String(backend.prefix { $0 != ":" })
            nat += [
                "-A \(service) \(name) \(share)-j \(endpoints[index])",
                "-A \(endpoints[index]) -s \(source)/\(length) \(note("default/echo:web")) -j KUBE-MARK-MASQ",
                "-A \(endpoints[index]) -p tcp \(note("default/echo:web")) -m tcp -j DNAT --to-destination \(backend)",
            ]
        }
        let mangle = ["*mangle", ":KUBE-PROXY-CANARY - [0:0]", "COMMIT"]
        return (mangle + filter + nat + ["COMMIT"]).map { $0 + "\n" }.joined()
    }

    /// What its nftables mode writes, for `nft -f`, and a table of somebody else.
    static func nftables(_ family: String) -> String {
        """
        table \(family) kube-proxy {
            comment "rules for kube-proxy"
            set cluster-ips { type \(family == "ip" ? "ipv4_addr" : "ipv6_addr"); comment "Active ClusterIPs"; }
            map service-ips {
                type \(family == "ip" ? "ipv4_addr" : "ipv6_addr") . inet_proto . inet_service : verdict
            }
            chain filter-forward { type filter hook forward priority -110; ct state new jump cluster-ips-check; }
            chain cluster-ips-check { \(family) daddr @cluster-ips reject; }
            chain nat-output { type nat hook output priority -100; jump services; }
            chain services { \(family) daddr . meta l4proto . th dport vmap @service-ips; }
        }
        """
    }

    static let foreignTable = """
        table inet guard {
            set kube-proxy { type inet_service; elements = { 22, 443 }; }
            chain kube-proxy { type filter hook input priority 0; tcp dport @kube-proxy accept; }
        }
        """
}
