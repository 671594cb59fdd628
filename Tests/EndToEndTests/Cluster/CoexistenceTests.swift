// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Beside other people's rules and connections, at the limits of the tables, and with clients that hold on.
    @Suite(.sharedCluster) struct CoexistenceTests {
        private let lab: ClusterLab

        init() throws { lab = try .shared() }

        /// Puts rules of nft(8) on a node while `body` runs.
        private func with(_ rules: String, on node: ClusterLab.Machine, _ body: () throws -> Void) throws {
            try lab.shell("nft 'table inet guard {\n\(rules)\n}'", on: node)
            defer { #expect(throws: Never.self) { try lab.shell("nft delete table inet guard", on: node) } }
            try body()
        }

        private static let forwardChain = "chain pods { type filter hook forward priority 0;"

        @Test(arguments: ["tunnel", "dsr"], ClusterLab.Served.both)
        func throughTheStackAPolicyIsObeyedForNodePorts(way: String, served: ClusterLab.Served) throws {
            try lab.enable("--forwarding", "stack", "--return", way)
            try lab.defineServedOnce()
            let node: ClusterLab.Machine = served.server == .server1 ? .node1 : .node2
            for family in ClusterLab.Family.allCases {
                let target = try lab.nodePort(served.port, family)
                func ask(times: Int, timeout: Int = 5000) throws -> [LabTally] {
                    try ["tcp", "udp"].map { try lab.ask(Traffic($0, to: target, times: times, timeout: timeout)) }
                }
                for tally in try ask(times: 5) { #expect(tally.isAnswered(by: served.server, times: 5), "\(tally)") }
                let pod = try lab.address(of: served.server, family)
                let word = family == .v4 ? "ip" : "ip6"
                try with("\(Self.forwardChain) \(word) daddr \(pod) drop; }", on: node) {
                    for tally in try ask(times: 2, timeout: 200) {
                        #expect(tally.failures == ["ETIMEDOUT": 2] && tally.answered == 0, "\(tally)")
                    }
                }
            }
        }

        /// As kube-proxy does it, on both nodes; nothing that it sees of a service flow is invalid.
        @Test(arguments: ["dsr", "tunnel"], ClusterLab.Served.both)
        func throughTheStackDroppingInvalidPacketsDoesNotHurt(way: String, served: ClusterLab.Served) throws {
            try lab.enable("--forwarding", "stack", "--return", way)
            try lab.defineServedOnce()
            let rules = """
                \(Self.forwardChain) ct state invalid drop; }
                chain own { type filter hook input priority 0; ct state invalid drop; }
                """
            try with(rules, on: .node1) {
                try with(rules, on: .node2) {
                    for family in ClusterLab.Family.allCases {
                        let target = try lab.nodePort(served.port, family)
                        let said = try lab.run(
                            .transfer, lab.address(of: .node1, family), "\(served.echoPort)", "300000", on: .client)
                        #expect(said == ["same"])
                        let tally = try lab.ask(Traffic("udp", to: target, times: 5))
                        #expect(tally.isAnswered(by: served.server, times: 5), "\(tally)")
                        let inside = try lab.ask(Traffic(to: target, times: 5), from: .pod1, outsideCgroup: true)
                        #expect(inside.isAnswered(by: served.server, times: 5), "\(inside)")
                    }
                }
            }
        }

        /// Destination rewriting by somebody else's rules, as kube-proxy's.
        @Test func connectionsOpenedThroughOtherRulesSurviveTheEnabling() throws {
            try lab.disable()
            let server1 = try lab.address(of: .server1, .v4)
            let server2 = try lab.address(of: .server2, .v4)
            let port = ClusterLab.serverPort
            let rules = """
                chain services { type nat hook prerouting priority -100;
                    fib daddr type local tcp dport 30081 dnat ip to \(server1):\(port)
                    ip daddr 10.96.0.80 tcp dport 80 dnat ip to \(server2):\(port)
                    ip daddr 10.96.0.80 udp dport 80 dnat ip to \(server2):\(port); }
                chain pods { type filter hook forward priority 0; ct state invalid drop; }
                """
            try with(rules, on: .node1) {
                let duration = Duration.milliseconds(1500)
                let outside = try lab.startAsking("tcp", lab.nodePort(30081), for: duration, manner: .reused)
                let inside = try ["tcp", "udp"].map {
                    try lab.startAsking($0, "10.96.0.80:80", for: duration, manner: .reused, from: .pod1)
                }
                #expect(try eventually { try lab.shell("ss -Htn state established", on: .client).contains(":30081") })
                #expect(try eventually { try lab.shell("ss -Htun", on: .pod1).split(separator: "\n").count >= 2 })
                try lab.enable()
                try lab.defineServedOnce()
                try lab.define(
                    "later", ["--vip", "10.96.0.80:80/tcp", "--vip", "10.96.0.80:80/udp"],
                    backends: ["\(server1):\(port)"])
                // Whoever comes now is served by us.
                let new = try lab.ask(Traffic(to: "10.96.0.80:80", times: 10), from: .pod1, outsideCgroup: true)
                #expect(new.isAnswered(by: .server1, times: 10), "\(new)")
                let outsideTally = try lab.collect(outside)
                #expect(outsideTally.failed == 0 && Set(outsideTally.answers.keys) == ["n1p1"], "\(outsideTally)")
                let tcp = try lab.collect(inside[0])
                #expect(tcp.failed == 0 && Set(tcp.answers.keys) == ["n2p1"], "\(tcp)")
                let udp = try lab.collect(inside[1])
                #expect(udp.failed == 0, "\(udp)")
            }
        }

        /// In the cgroup the socket is ended and the next one connects anew; else the next packet goes elsewhere.
        @Test(arguments: [false, true])
        func aConnectedUDPClientReachesALiveBackendAfterItsOwnIsRemoved(isOutsideCgroup: Bool) throws {
            try lab.enable()
            try lab.define("moving", ["--vip", "10.96.0.90:80/udp"], backends: lab.backends(.server1, families: [.v4]))
            let client = try lab.startAsking(
                "udp", "10.96.0.90:80", for: .milliseconds(1000), manner: .reused, from: .pod1,
                outsideCgroup: isOutsideCgroup, timeout: 300)
            #expect(try eventually { try lab.hasConnection(of: "default/moving", on: .node1) })
            for backend in try lab.backends(.server2, families: [.v4]) {
                try lab.everywhere(["backend", "add", "default/moving", backend])
            }
            for backend in try lab.backends(.server1, families: [.v4]) {
                try lab.everywhere(["backend", "remove", "default/moving", backend])
            }
            let tally = try lab.collect(client)
            #expect((tally.answers["n1p1"] ?? 0) > 0 && (tally.answers["n2p1"] ?? 0) > 0, "\(tally)")
            // The call that meets the end says so: a read that waits with the first, a send that comes too late with
            // the second.
            let failures = tally.failures
            let ends = [["ECONNABORTED": 1], ["EDESTADDRREQ": 1]]
            #expect(isOutsideCgroup ? failures.values.reduce(0, +) <= 1 : ends.contains(failures))
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func withTheStrictSourceCheckAPodSpeaksFromItsOwnAddressOnly(family: ClusterLab.Family) throws {
            let foreign = family == .v4 ? "10.244.1.77" : "fd00:244:1::77"
            let length = family == .v4 ? 32 : 128
            try lab.shell("ip addr add \(foreign)/\(length) dev eth0 \(family == .v4 ? "" : "nodad")", on: .pod1)
            defer {
                #expect(throws: Never.self) {
                    try lab.shell("ip addr del \(foreign)/\(length) dev eth0", on: .pod1)
                }
            }
            try lab.enable("--source-check", "strict")
            try lab.defineServedOnce()
            let target = try lab.address(of: .server1, family)
            let before = try lab.packets("spoofed", on: .node1)
            let said = try lab.run(.fromAddress, foreign, target, "\(ClusterLab.serverPort)", on: .pod1)
            #expect(said == ["silence"])
            #expect(try lab.packets("spoofed", on: .node1) == before + 1)
            let own = try lab.address(of: .pod1, family)
            #expect(try lab.run(.fromAddress, own, target, "\(ClusterLab.serverPort)", on: .pod1) == ["answered"])
            #expect(try lab.packets("spoofed", on: .node1) == before + 1)
        }

        @Test(arguments: ["tcp", "udp"])
        func newFlowsWorkWhenTheTableIsFull(transport: String) throws {
            try lab.enable("--map-size", "connections=64")
            try lab.defineServedOnce()
            for served in ClusterLab.Served.both {
                for family in ClusterLab.Family.allCases {
                    let target = try lab.nodePort(served.port, family)
                    let tally = try lab.ask(Traffic(transport, to: target, times: 200))
                    #expect(tally.isAnswered(by: served.server, times: 200), "\(served): \(tally)")
                }
            }
        }
    }
}
