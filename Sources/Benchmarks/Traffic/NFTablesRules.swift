// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Lab

/// What kube-proxy's `nftables` mode writes for a cluster, in the layout that its documentation shows, for `nft -f`.
///
/// One map finds a service's chain whatever their number; comments are left out.
struct NFTablesRules {
    private let cluster: TrafficCluster
    private let nodeAddress: IPAddress

    private static let table = "kube-proxy"
    private static let podBlock = "10.244.0.0/15"

    /// - Parameter nodeAddress: where node ports are served.
    init(_ cluster: TrafficCluster, nodeAddress: IPAddress) {
        self.cluster = cluster
        self.nodeAddress = nodeAddress
    }

    var text: String {
        let services = cluster.entries.map(ServiceChains.init)
        let lines =
            ["add table ip \(Self.table)", "delete table ip \(Self.table)", "table ip \(Self.table) {"]
            + containers + fixedChains + services.flatMap { $0.chains(podBlock: Self.podBlock) } + ["}"]
            + elements(of: "service-ips", services.map(\.addressElement))
            + elements(of: "service-nodeports", services.compactMap(\.nodePortElement))
            + elements(of: "cluster-ips", cluster.entries.map { "\($0.frontend.endpoint.address)" })
        return lines.joined(separator: "\n") + "\n"
    }

    private func elements(of container: String, _ elements: [String]) -> [String] {
        guard !elements.isEmpty else { return [] }
        return ["add element ip \(Self.table) \(container) { \(elements.joined(separator: ", ")) }"]
    }

    private var containers: [String] {
        let key = "ipv4_addr . inet_proto . inet_service"
        return [
            "set cluster-ips { type ipv4_addr ; }",
            "set nodeport-ips { type ipv4_addr ; elements = { \(nodeAddress) } ; }",
            "map firewall-ips { type \(key) : verdict ; }",
            "map no-endpoint-services { type \(key) : verdict ; }",
            "map no-endpoint-nodeports { type inet_proto . inet_service : verdict ; }",
            "map service-ips { type \(key) : verdict ; }",
            "map service-nodeports { type inet_proto . inet_service : verdict ; }",
        ]
    }

    private var fixedChains: [String] {
        let key = "ip daddr . meta l4proto . th dport"
        let nodePortKey = "ip daddr @nodeport-ips meta l4proto . th dport"
        return [
            base("filter-prerouting-pre-dnat", "filter", "prerouting", -110, "ct state new jump firewall-check"),
            base(
                "filter-input", "filter", "input", 0, "ct state new jump nodeport-endpoints-check",
                "ct state new jump service-endpoints-check"),
            base(
                "filter-forward", "filter", "forward", 0, "ct state new jump service-endpoints-check",
                "ct state new jump cluster-ips-check"),
            base("filter-output-pre-dnat", "filter", "output", -110, "ct state new jump firewall-check"),
            base(
                "filter-output", "filter", "output", 0, "ct state new jump service-endpoints-check",
                "ct state new jump cluster-ips-check"),
            base("nat-prerouting", "nat", "prerouting", -100, "jump services"),
            base("nat-output", "nat", "output", -100, "jump services"),
            base("nat-postrouting", "nat", "postrouting", 100, "jump masquerading"),
            chain("firewall-check", "\(key) vmap @firewall-ips"),
            chain("service-endpoints-check", "\(key) vmap @no-endpoint-services"),
            chain("nodeport-endpoints-check", "\(nodePortKey) vmap @no-endpoint-nodeports"),
            chain("cluster-ips-check", "ip daddr @cluster-ips reject"),
            chain("mark-for-masquerade", "meta mark set meta mark or 0x4000"),
            chain(
                "masquerading", "meta mark and 0x4000 == 0 return", "meta mark set meta mark xor 0x4000",
                "masquerade fully-random"),
            chain("services", "\(key) vmap @service-ips", "\(nodePortKey) vmap @service-nodeports"),
        ]
    }

    private func base(_ name: String, _ type: String, _ hook: String, _ priority: Int, _ rules: String...) -> String {
        "chain \(name) { type \(type) hook \(hook) priority \(priority) ; \(rules.joined(separator: " ; ")) ; }"
    }
}

/// The chains of one service, and what the maps hold of it.
private struct ServiceChains {
    private let entry: TrafficCluster.Entry
    private let service: String
    private let external: String
    private let endpoints: [String]

    init(_ entry: TrafficCluster.Entry) {
        self.entry = entry
        let name = "benchmark/\(entry.name)/\(entry.frontend.transport)/port"
        service = "service-\(chainDigest(name).prefix(8))-\(name)"
        external = "external-\(chainDigest(name).prefix(8))-\(name)"
        endpoints = entry.backends.map { backend in
            let place = "\(name)__\(backend.address)/\(backend.port)"
            return "endpoint-\(chainDigest(place).prefix(8))-\(place)"
        }
    }

    var addressElement: String {
        let (endpoint, transport) = (entry.frontend.endpoint, entry.frontend.transport)
        return "\(endpoint.address) . \(transport) . \(endpoint.port) : goto \(service)"
    }

    var nodePortElement: String? {
        entry.nodePort.map { "\(entry.frontend.transport) . \($0) : goto \(external)" }
    }

    /// Of one endpoint kube-proxy writes an anonymous map, too. The kernel finds a name for each by trying, which takes
    /// minutes for ten thousand of them; no measured packet meets one.
    private var choice: String {
        if endpoints.count == 1, let only = endpoints.first { return "goto \(only)" }
        let choices = endpoints.enumerated().map { "\($0) : goto \($1)" }.joined(separator: ", ")
        return "numgen random mod \(endpoints.count) vmap { \(choices) }"
    }

    func chains(podBlock: String) -> [String] {
        let (endpoint, transport) = (entry.frontend.endpoint, entry.frontend.transport)
        var chains = zip(endpoints, entry.backends).map { name, backend in
            chain(
                name, "ip saddr \(backend.address) jump mark-for-masquerade",
                "meta l4proto \(transport) dnat to \(backend)")
        }
        chains.append(
            chain(
                service,
                "ip daddr \(endpoint.address) \(transport) dport \(endpoint.port) ip saddr != \(podBlock)"
                    + " jump mark-for-masquerade",
                choice))
        if entry.nodePort != nil { chains.append(chain(external, "jump mark-for-masquerade", "goto \(service)")) }
        return chains
    }
}

private func chain(_ name: String, _ rules: String...) -> String {
    "chain \(name) { \(rules.joined(separator: " ; ")) ; }"
}
