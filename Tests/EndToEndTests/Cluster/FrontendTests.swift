// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import TestSupport
import Testing

extension EndToEnd {
    /// The addresses that services are reached by, from outside and from inside the cluster.
    @Suite(.sharedCluster) struct FrontendTests {
        private let lab: ClusterLab

        init() throws {
            lab = try .shared()
            try lab.enable()
            try lab.defineServedOnce()
        }

        /// Somebody inside the cluster; outside its node's cgroup, its packets are translated instead of its calls.
        struct Insider: CustomTestStringConvertible, Sendable {
            let machine: ClusterLab.Machine
            let isOutsideCgroup: Bool

            var testDescription: String {
                "\(machine.rawValue)\(isOutsideCgroup ? " outside the cgroup" : "")"
            }

            static let pod = Insider(machine: .pod1, isOutsideCgroup: false)
            static let podByPackets = Insider(machine: .pod1, isOutsideCgroup: true)
            static let node = Insider(machine: .node1, isOutsideCgroup: false)
        }

        private func ask(
            _ target: String, _ transport: String, from insider: Insider, times: Int = 5, timeout: Int = 5000
        ) throws -> LabTally {
            try lab.ask(
                Traffic(transport, to: target, times: times, timeout: timeout), from: insider.machine,
                outsideCgroup: insider.isOutsideCgroup)
        }

        @Test(arguments: [Insider.pod, .podByPackets, .node], ClusterLab.Served.both)
        func aNodePortIsReachedFromInside(insider: Insider, served: ClusterLab.Served) throws {
            for family in ClusterLab.Family.allCases {
                for transport in ["tcp", "udp"] {
                    let target = try lab.nodePort(served.port, family)
                    let tally = try ask(target, transport, from: insider)
                    #expect(tally.isAnswered(by: served.server, times: 5), "\(transport) \(target): \(tally)")
                }
            }
        }

        /// Where the backend is on the asking pod's own node, the packet comes back through the tunnel.
        @Test(arguments: [Insider.pod, .podByPackets, .node], ClusterLab.Served.both)
        func aNodePortOfAnotherNodeIsReachedFromInside(insider: Insider, served: ClusterLab.Served) throws {
            for family in ClusterLab.Family.allCases {
                for transport in ["tcp", "udp"] {
                    let target = try lab.nodePort(served.port, on: .node2, family)
                    let tally = try ask(target, transport, from: insider)
                    #expect(tally.isAnswered(by: served.server, times: 5), "\(transport) \(target): \(tally)")
                }
            }
        }

        @Test(arguments: [Insider.pod, .podByPackets, .node])
        func everyAddressOfANodeBearsItsNodePorts(insider: Insider) throws {
            for address in ["10.244.1.1", "fd00:244:1::1"] {
                let tally = try ask(endpoint(address, ClusterLab.Served.node2.port), "tcp", from: insider)
                #expect(tally.isAnswered(by: .server2, times: 5), "\(address): \(tally)")
            }
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func nodePortsFollowTheNodesAddresses(family: ClusterLab.Family) throws {
            let (added, length) = family == .v4 ? ("203.0.113.7", 32) : ("2001:db8:113::7", 128)
            let gateway = try lab.address(of: .node1, family)
            try lab.shell("ip addr add \(added)/\(length) dev eth0", on: .node1)
            try lab.shell("ip route add \(added)/\(length) via \(gateway)", on: .router)
            defer {
                #expect(throws: Never.self) {
                    try lab.shell("ip addr del \(added)/\(length) dev eth0", on: .node1)
                    try lab.shell("ip route del \(added)/\(length)", on: .router)
                    try lab.succeed("route", "sync", on: .node1)
                }
            }
            try lab.succeed("route", "sync", on: .node1)
            for served in ClusterLab.Served.both {
                let tally = try lab.ask(Traffic(to: endpoint(added, served.port), times: 5))
                #expect(tally.isAnswered(by: served.server, times: 5), "\(tally)")
            }
        }

        @Test(.needsNamespaceCookie, arguments: ["127.0.0.1", "::1"], ClusterLab.Served.both)
        func loopbackBearsNodePortsForTheNodeItselfOnly(address: String, served: ClusterLab.Served) throws {
            let target = endpoint(address, served.port)
            for transport in ["tcp", "udp"] {
                let tally = try ask(target, transport, from: .node)
                #expect(tally.isAnswered(by: served.server, times: 5), "\(transport): \(tally)")
                let refused = try ask(target, transport, from: .pod, times: 2)
                #expect(refused.failures == ["ECONNREFUSED": 2] && refused.answered == 0, "\(transport): \(refused)")
            }
        }

        @Test func aPodReachesItselfThroughANodePort() throws {
            let insider = Insider(machine: .server1, isOutsideCgroup: true)
            for family in ClusterLab.Family.allCases {
                let target = try lab.nodePort(ClusterLab.Served.node1.port, family)
                for transport in ["tcp", "udp"] {
                    let tally = try ask(target, transport, from: insider)
                    #expect(tally.isAnswered(by: .server1, times: 5), "\(transport) \(target): \(tally)")
                }
            }
        }

        @Test(arguments: ["--external-ip", "--load-balancer"])
        func externalAndLoadBalancerAddressesAreReachedFromEverywhere(option: String) throws {
            let targets =
                option == "--external-ip"
                ? ["198.51.100.10:80", "[2001:db8:100::10]:80"] : ["198.51.100.20:80", "[2001:db8:100::20]:80"]
            try lab.define(
                String(option.dropFirst(2)),
                targets.flatMap { [option, "\($0)/tcp", option, "\($0)/udp"] },
                backends: lab.backends(.server1, .server2))
            for target in targets {
                for transport in ["tcp", "udp"] {
                    let outside = try lab.ask(Traffic(transport, to: target, times: 32))
                    #expect(outside.isAnswered(by: .server1, .server2, times: 32), "\(transport) \(target): \(outside)")
                    for insider in [Insider.pod, .podByPackets, .node] {
                        let tally = try ask(target, transport, from: insider, times: 32)
                        #expect(
                            tally.isAnswered(by: .server1, .server2, times: 32),
                            "\(transport) \(target) from \(insider): \(tally)")
                    }
                }
            }
        }

        /// Backends that are no pods but processes of the nodes.
        @Test(arguments: [ClusterLab.Machine.node1, .node2], ClusterLab.Family.allCases)
        func backendsInTheNodesOwnNetworkAreReachedFromOutside(
            node: ClusterLab.Machine, family: ClusterLab.Family
        ) throws {
            try lab.define(
                "host", ["--node-port", "30040/tcp", "--node-port", "30040/udp"], backends: lab.backends(node))
            for transport in ["tcp", "udp"] {
                let tally = try lab.ask(Traffic(transport, to: lab.nodePort(30040, family), times: 5))
                #expect(tally.isAnswered(by: node, times: 5), "\(transport): \(tally)")
                #expect(tally.sources == [try lab.address(of: .client, family): 5])
            }
        }

        @Test(arguments: ["tcp", "udp"], ClusterLab.Family.allCases)
        func aServiceWithoutBackendsRefusesWhoeverAsks(transport: String, family: ClusterLab.Family) throws {
            try lab.define(
                "empty",
                [
                    "--vip", "10.96.0.40:80/\(transport)", "--vip", "[fd96::40]:80/\(transport)",
                    "--node-port", "30041/\(transport)",
                ])
            let virtual = family == .v4 ? "10.96.0.40:80" : "[fd96::40]:80"
            for target in [virtual, try lab.nodePort(30041, family)] {
                for insider in [Insider.pod, .podByPackets, .node] {
                    let tally = try ask(target, transport, from: insider, times: 1)
                    #expect(tally.failures == ["ECONNREFUSED": 1] && tally.answered == 0, "\(insider): \(tally)")
                }
            }
            let tally = try lab.ask(Traffic(transport, to: lab.nodePort(30041, family), times: 1))
            #expect(tally.failures == ["ECONNREFUSED": 1] && tally.answered == 0, "\(tally)")
        }
    }
}
