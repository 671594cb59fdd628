// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension ClusterLab {
    /// Whatever the tests make the kernel say, it says each time.
    func unlimitErrors() throws {
        for machine in Machine.allCases {
            try shell("cd /proc/sys/net; echo 0 > ipv4/icmp_ratelimit; echo 0 > ipv6/icmp/ratelimit", on: machine)
        }
    }

    /// Makes everybody take each path for as wide as its first link again.
    func forgetPathMTUs() throws {
        for machine in [Machine.client, .server1, .server2] {
            try shell("ip route flush cache; ip -6 route flush cache", on: machine)
        }
    }

    /// The router lets only packets of this length out to the client while `body` runs; what comes in is not limited.
    func withRouterMTU(_ mtu: Int, _ body: () throws -> Void) throws {
        let change = """
            limit() {
                ip route replace 192.0.2.0/24 dev client proto kernel scope link src 192.0.2.1 $@
                ip -6 route replace 2001:db8:c::/64 dev client proto kernel metric 256 $@
            }
            """
        try shell("\(change)\nlimit mtu lock \(mtu)", on: .router)
        defer { #expect(throws: Never.self) { try shell("\(change)\nlimit", on: .router) } }
        try body()
    }

    /// What a node's programs and its tunnel did not send on, by the counter's name.
    func losses(of node: Machine) throws -> [String: Int] {
        let readings = try succeed("counter", "list", "-o", "json", on: node).items()
        var losses: [String: Int] = [:]
        for reading in readings where !["pass", "forward", "event", "socket"].contains(reading["outcome"] as? String) {
            losses[reading["reason"] as? String ?? ""] = reading["packets"] as? Int
        }
        // Errors and drops of sending are the eleventh and the twelfth column.
        let columns = try shell("grep ebpfctl: /proc/net/dev", on: node).split(separator: " ").dropFirst()
        losses["sending"] = columns.dropFirst(10).prefix(2).compactMap { Int($0) }.reduce(0, +)
        return losses
    }
}

/// Packets of replies as the router sees them.
struct ReplyCount: Equatable {
    /// To the client, by the node whose uplink they left.
    var fromNode1 = 0
    var fromNode2 = 0
    /// Of the overlay, from the second node to the first.
    var tunneled = 0

    static func tunnel(_ count: Int) -> ReplyCount { ReplyCount(fromNode1: count, tunneled: count) }
    static func direct(_ count: Int) -> ReplyCount { ReplyCount(fromNode2: count) }

    /// Counts with the router's packet filter, which nothing of ours is in, while `body` runs.
    static func during(_ lab: ClusterLab, _ body: () throws -> Void) throws -> ReplyCount {
        let names = ClusterLab.nodes.map(\.rawValue)
        let hardware = try ClusterLab.nodes.map { node in
            try #require(try lab.shell("ip -br link show eth0", on: node).split(separator: " ").dropFirst(2).first)
        }
        try lab.shell(
            """
            nft '
            table inet replies {
                chain count {
                    type filter hook forward priority 0
                    oifname client ether saddr \(hardware[0]) udp sport != 0 counter comment "\(names[0])"
                    oifname client ether saddr \(hardware[1]) udp sport != 0 counter comment "\(names[1])"
                }
            }
            table bridge replies {
                chain count {
                    type filter hook forward priority 0
                    ether saddr \(hardware[1]) ether daddr \(hardware[0]) udp dport 14789 counter comment "tunnel"
                }
            }'
            """, on: .router)
        defer {
            #expect(throws: Never.self) {
                try lab.shell("nft delete table inet replies; nft delete table bridge replies", on: .router)
            }
        }
        try body()
        let listing = try lab.shell("nft list ruleset", on: .router).split(separator: "\n")
        func packets(_ comment: String) throws -> Int {
            let words = try #require(listing.first { $0.contains("comment \"\(comment)\"") }).split(separator: " ")
            let index = try #require(words.firstIndex(of: "packets"))
            return try #require(Int(words[index + 1]))
        }
        return ReplyCount(
            fromNode1: try packets(names[0]), fromNode2: try packets(names[1]), tunneled: try packets("tunnel"))
    }
}
