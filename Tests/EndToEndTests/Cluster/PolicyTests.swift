// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Which backend a client gets, and which clients get any.
    @Suite(.sharedCluster) struct PolicyTests {
        private let lab: ClusterLab

        init() throws {
            lab = try .shared()
            try lab.enable()
        }

        private static let refused = ["ECONNREFUSED": 1]
        private static let dropped = ["ETIMEDOUT": 1]

        @Test(arguments: ["tcp", "udp"], ClusterLab.Family.allCases)
        func externalPolicyLocalKeepsClientsOnTheNodeTheySentTo(
            transport: String, family: ClusterLab.Family
        ) throws {
            let words = ["--node-port", "30090/\(transport)", "--external-policy", "local"]
            try lab.define("external-local", words, backends: lab.backends(.server1, .server2))
            for (node, server) in [(ClusterLab.Machine.node1, ClusterLab.Machine.server1), (.node2, .server2)] {
                let tally = try lab.ask(Traffic(transport, to: lab.nodePort(30090, on: node, family), times: 20))
                #expect(tally.isAnswered(by: server, times: 20), "\(tally)")
            }
            // Inside the cluster the policy does not count.
            let inside = try lab.ask(
                Traffic(transport, to: lab.nodePort(30090, family), times: 32), from: .pod1, outsideCgroup: true)
            #expect(inside.isAnswered(by: .server1, .server2, times: 32), "\(inside)")

            try lab.define("external-local", words, backends: lab.backends(.server2))
            let before = try lab.packets("no-local-backend", on: .node1)
            let dropped = try lab.ask(Traffic(transport, to: lab.nodePort(30090, family), times: 1, timeout: 200))
            #expect(dropped.failures == Self.dropped && dropped.answered == 0, "\(dropped)")
            #expect(try lab.packets("no-local-backend", on: .node1) == before + 1)
        }

        @Test(arguments: ["tcp", "udp"], [false, true])
        func internalPolicyLocalKeepsPodsOnTheirNode(transport: String, isOutsideCgroup: Bool) throws {
            for family in ClusterLab.Family.allCases {
                let target = family == .v4 ? "10.96.0.50:80" : "[fd96::50]:80"
                let words = ["--vip", "\(target)/\(transport)", "--internal-policy", "local"]
                func ask(from pod: ClusterLab.Machine, times: Int, timeout: Int = 5000) throws -> LabTally {
                    try lab.ask(
                        Traffic(transport, to: target, times: times, timeout: timeout), from: pod,
                        outsideCgroup: isOutsideCgroup)
                }
                try lab.define("internal-local", words, backends: lab.backends(.server1, .server2, families: [family]))
                for (pod, server) in [(ClusterLab.Machine.pod1, ClusterLab.Machine.server1), (.pod2, .server2)] {
                    let tally = try ask(from: pod, times: 20)
                    #expect(tally.isAnswered(by: server, times: 20), "\(target) from \(pod): \(tally)")
                }
                try lab.define("internal-local", words, backends: lab.backends(.server2, families: [family]))
                // connect() fails at once; packets are dropped, as by kube-proxy.
                let expected = isOutsideCgroup ? Self.dropped : Self.refused
                let unserved = try ask(from: .pod1, times: 1, timeout: isOutsideCgroup ? 200 : 5000)
                #expect(unserved.failures == expected && unserved.answered == 0, "\(target): \(unserved)")
            }
        }

        @Test(arguments: ["tcp", "udp"], ClusterLab.Family.allCases)
        func onlyClientsInTheSourceRangesAreServed(transport: String, family: ClusterLab.Family) throws {
            let target = family == .v4 ? "198.51.100.60:80" : "[2001:db8:100::60]:80"
            func define(allowing range: String) throws {
                try lab.define(
                    "ranges", ["--load-balancer", "\(target)/\(transport)", "--source-range", range],
                    backends: lab.backends(.server1, .server2, families: [family]))
            }
            try define(allowing: family == .v4 ? "203.0.113.0/24" : "2001:db8:113::/48")
            let before = try lab.packets("source-denied", on: .node1)
            let request = Traffic(transport, to: target, times: 2, timeout: 200)
            for machine in [ClusterLab.Machine.client, .pod1] {
                let denied = try lab.ask(request, from: machine)
                #expect(denied.failures == ["ETIMEDOUT": 2] && denied.answered == 0, "\(machine): \(denied)")
            }
            #expect(try lab.packets("source-denied", on: .node1) == before + 4)

            try define(allowing: family == .v4 ? "192.0.2.0/24" : "2001:db8:c::/64")
            let allowed = try lab.ask(Traffic(transport, to: target, times: 32))
            #expect(allowed.isAnswered(by: .server1, .server2, times: 32), "\(allowed)")
            let denied = try lab.ask(request, from: .pod1, outsideCgroup: true)
            #expect(denied.failures == ["ETIMEDOUT": 2] && denied.answered == 0, "\(denied)")
        }

        /// By its address at the node port, by its network namespace when it connects.
        @Test(arguments: [ClusterLab.Machine.client, .pod1], ClusterLab.Family.allCases)
        func affinityKeepsAClientOnItsBackendUntilThatIsRemoved(
            client: ClusterLab.Machine, family: ClusterLab.Family
        ) throws {
            let virtual = family == .v4 ? "10.96.0.70:80" : "[fd96::70]:80"
            try lab.define(
                "sticky", ["--vip", "\(virtual)/tcp", "--node-port", "30092/tcp", "--affinity", "1h"],
                backends: lab.backends(.server1, .server2))
            let target = client == .client ? try lab.nodePort(30092, family) : virtual
            let first = try lab.ask(Traffic(to: target, times: 24), from: client)
            #expect(first.answered == 24 && first.failed == 0 && first.answers.count == 1, "\(first)")

            let server = try #require(ClusterLab.Machine(rawValue: first.answers.keys.first ?? ""))
            let other = server == .server1 ? ClusterLab.Machine.server2 : .server1
            for backend in try lab.backends(server) {
                try lab.everywhere(["backend", "remove", "default/sticky", backend])
            }
            let second = try lab.ask(Traffic(to: target, times: 8), from: client)
            #expect(second.isAnswered(by: other, times: 8), "\(second)")
            for backend in try lab.backends(server) {
                try lab.everywhere(["backend", "add", "default/sticky", backend])
            }
            let third = try lab.ask(Traffic(to: target, times: 24), from: client)
            #expect(third.isAnswered(by: other, times: 24), "\(third)")
        }

        /// The other backend has nearly all of the weight.
        @Test func affinityEndsWhenItsTimeHasPassed() throws {
            let words = ["--node-port", "30095/tcp", "--affinity", "1s"]
            let target = try lab.nodePort(30095)
            let backends = try [ClusterLab.Machine.server1, .server2].map {
                endpoint(try lab.address(of: $0, .v4), ClusterLab.serverPort)
            }
            try lab.define("for-a-second", words, backends: [backends[0]])
            #expect(try lab.ask(Traffic(to: target, times: 1)).isAnswered(by: .server1, times: 1))
            try lab.define("for-a-second", words, backends: [backends[0], "\(backends[1]),weight=100"])
            #expect(try lab.ask(Traffic(to: target, times: 8)).isAnswered(by: .server1, times: 8))
            let isElsewhere = try eventually {
                let entries = try lab.succeed("affinity", "list", "default/for-a-second", "-o", "json", on: .node1)
                    .items()
                guard entries.allSatisfy({ ($0["remainingSeconds"] as? Double ?? 1) <= 0 }) else { return false }
                return try lab.ask(Traffic(to: target, times: 1)).isAnswered(by: .server2, times: 1)
            }
            #expect(isElsewhere)
        }

        /// With affinity the client's address alone decides, and the same on each node.
        @Test(arguments: ClusterLab.Family.allCases)
        func maglevSpreadsFlowsAndKeepsClientsWithoutRememberingThem(family: ClusterLab.Family) throws {
            let words = ["--node-port", "30093/tcp", "--algorithm", "maglev"]
            let target = try lab.nodePort(30093, family)
            try lab.define("maglev", words, backends: lab.backends(.server1, .server2))
            let spread = try lab.ask(Traffic(to: target, times: 48))
            #expect(spread.isAnswered(by: .server1, .server2, times: 48), "\(spread)")

            try lab.define("maglev", words + ["--affinity", "1h"], backends: lab.backends(.server1, .server2))
            let kept = try lab.ask(Traffic(to: target, times: 24))
            let other = try lab.ask(Traffic(to: lab.nodePort(30093, on: .node2, family), times: 24))
            #expect(kept.answers.count == 1 && kept.answered == 24 && kept.answers == other.answers, "\(kept) \(other)")
        }

        @Test(arguments: ["tcp", "udp"])
        func aDrainingBackendKeepsItsConnectionsAndGetsNoOther(transport: String) throws {
            let target = try lab.nodePort(30094)
            let leaving = endpoint(try lab.address(of: .server1, .v4), ClusterLab.serverPort)
            let staying = endpoint(try lab.address(of: .server2, .v4), ClusterLab.serverPort)
            try lab.define("draining", ["--node-port", "30094/\(transport)"], backends: [leaving])
            let old = try lab.startAsking(transport, target, for: .milliseconds(1000), manner: .reused)
            #expect(try eventually { try lab.hasConnection(of: "default/draining", on: .node1) })
            try lab.everywhere(["backend", "add", "default/draining", staying])
            try lab.everywhere(["backend", "drain", "default/draining", leaving])
            let new = try lab.ask(Traffic(transport, to: target, times: 16))
            #expect(new.isAnswered(by: .server2, times: 16), "\(new)")
            let tally = try lab.collect(old)
            #expect(tally.failed == 0 && tally.answers.count == 1 && tally.answers["n1p1"] != nil, "\(tally)")
            try lab.everywhere(["backend", "add", "default/draining", leaving])
            let both = try lab.ask(Traffic(transport, to: target, times: 32))
            #expect(both.isAnswered(by: .server1, .server2, times: 32), "\(both)")
        }
    }
}
