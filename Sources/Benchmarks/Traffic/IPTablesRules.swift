// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// What kube-proxy's `iptables` mode writes for a cluster, in the layout that its documentation shows, for
/// iptables-restore.
///
/// Service and endpoint chains, their rules and their order, the mark for masquerading and the filter table are
/// there; comments are left out, which only lengthen the rules.
struct IPTablesRules {
    private let cluster: TrafficCluster
    private static let podBlock = "10.244.0.0/15"
    private static let mark = "0x4000"

    init(_ cluster: TrafficCluster) {
        self.cluster = cluster
    }

    var text: String { (filter + nat).joined(separator: "\n") + "\n" }

    /// Services without endpoints and load-balancer source ranges would have their rules here; there are none.
    private var filter: [String] {
        let chains = [
            "KUBE-EXTERNAL-SERVICES", "KUBE-FIREWALL", "KUBE-FORWARD", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL",
            "KUBE-SERVICES",
        ]
        let isNew = "-m conntrack --ctstate NEW"
        return ["*filter"] + chains.map { ":\($0) - [0:0]" } + [
            "-A INPUT \(isNew) -j KUBE-PROXY-FIREWALL",
            "-A INPUT -j KUBE-NODEPORTS",
            "-A INPUT \(isNew) -j KUBE-EXTERNAL-SERVICES",
            "-A INPUT -j KUBE-FIREWALL",
            "-A FORWARD \(isNew) -j KUBE-PROXY-FIREWALL",
            "-A FORWARD -j KUBE-FORWARD",
            "-A FORWARD \(isNew) -j KUBE-SERVICES",
            "-A FORWARD \(isNew) -j KUBE-EXTERNAL-SERVICES",
            "-A OUTPUT \(isNew) -j KUBE-PROXY-FIREWALL",
            "-A OUTPUT \(isNew) -j KUBE-SERVICES",
            "-A OUTPUT -j KUBE-FIREWALL",
            "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8"
                + " -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP",
            "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP",
            "-A KUBE-FORWARD -m mark --mark \(Self.mark)/\(Self.mark) -j ACCEPT",
            "-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "COMMIT",
        ]
    }

    private var nat: [String] {
        let services = cluster.entries.map(ServiceChains.init)
        let fixed = ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ"]
        return ["*nat"] + (fixed + services.flatMap(\.names)).map { ":\($0) - [0:0]" } + [
            "-A PREROUTING -j KUBE-SERVICES",
            "-A OUTPUT -j KUBE-SERVICES",
            "-A POSTROUTING -j KUBE-POSTROUTING",
            "-A KUBE-POSTROUTING -m mark ! --mark \(Self.mark)/\(Self.mark) -j RETURN",
            "-A KUBE-POSTROUTING -j MARK --xor-mark \(Self.mark)",
            "-A KUBE-POSTROUTING -j MASQUERADE --random-fully",
            "-A KUBE-MARK-MASQ -j MARK --or-mark \(Self.mark)",
        ] + services.flatMap(\.dispatch) + services.flatMap { $0.rules(podBlock: Self.podBlock) } + [
            "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
            "COMMIT",
        ]
    }
}

/// The chains of one service.
private struct ServiceChains {
    let entry: TrafficCluster.Entry
    private let service: String
    private let external: String
    private let endpoints: [String]

    init(_ entry: TrafficCluster.Entry) {
        self.entry = entry
        let name = "\(entry.name)/\(entry.frontend.transport)"
        service = "KUBE-SVC-\(chainDigest(name))"
        external = "KUBE-EXT-\(chainDigest(name))"
        endpoints = entry.backends.map { "KUBE-SEP-\(chainDigest("\(name)/\($0)"))" }
    }

    var names: [String] { [service] + (entry.nodePort == nil ? [] : [external]) + endpoints }

    private var match: String {
        let (endpoint, transport) = (entry.frontend.endpoint, entry.frontend.transport)
        return "-d \(endpoint.address)/32 -p \(transport) -m \(transport) --dport \(endpoint.port)"
    }

    /// The rules that every packet of a new connection is compared with, one service after the other.
    var dispatch: [String] {
        let transport = entry.frontend.transport
        return ["-A KUBE-SERVICES \(match) -j \(service)"]
            + (entry.nodePort.map { port in
                ["-A KUBE-NODEPORTS -p \(transport) -m \(transport) --dport \(port) -j \(external)"]
            } ?? [])
    }

    func rules(podBlock: String) -> [String] {
        var rules: [String] = []
        if entry.nodePort != nil { rules += ["-A \(external) -j KUBE-MARK-MASQ", "-A \(external) -j \(service)"] }
        rules.append("-A \(service) ! -s \(podBlock) \(match) -j KUBE-MARK-MASQ")
        for (index, chain) in endpoints.enumerated() {
            let left = endpoints.count - index
            let share = "-m statistic --mode random --probability \(probability(oneOf: left))"
            rules.append("-A \(service) " + (left > 1 ? "\(share) " : "") + "-j \(chain)")
        }
        let transport = entry.frontend.transport
        for (chain, backend) in zip(endpoints, entry.backends) {
            rules.append("-A \(chain) -s \(backend.address)/32 -j KUBE-MARK-MASQ")
            rules.append("-A \(chain) -p \(transport) -m \(transport) -j DNAT --to-destination \(backend)")
        }
        return rules
    }

    /// With ten decimals, as kube-proxy writes it.
    private func probability(oneOf count: Int) -> String {
        let digits = "\(10_000_000_000 / count)"
        return count == 1 ? "1.0" : "0." + String(repeating: "0", count: 10 - digits.count) + digits
    }
}

/// Sixteen digits that tell chains apart, as the digest in kube-proxy's chain names does: FNV-1a.
func chainDigest(_ text: String) -> String {
    let number = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
