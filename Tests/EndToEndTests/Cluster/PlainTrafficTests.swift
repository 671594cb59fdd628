// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// What pods send each other without any service, with and without netfilter in the way.
    @Suite(.sharedCluster) struct PlainTrafficTests {
        private let lab: ClusterLab
        private static let requests = 20

        init() throws { lab = try .shared() }

        private struct Seen: Equatable {
            /// Packets that left the first node past its host stack, and those that the second one handed to its pod.
            var left: Int
            var arrived: Int
        }

        private func seen() throws -> Seen {
            Seen(
                left: try lab.packets("forward-neighbor", on: .node1),
                arrived: try lab.packets("forward-peer", on: .node2))
        }

        /// One UDP socket asks a server on the other node: as many packets there as requests.
        private func ask(_ family: ClusterLab.Family) throws -> Seen {
            let target = endpoint(try lab.address(of: .server2, family), ClusterLab.echoPort)
            let before = try seen()
            let tally = try lab.ask(
                Traffic("udp", to: target, times: Self.requests, manner: .reused), from: .pod1, outsideCgroup: true)
            #expect(tally.isAnswered(by: .server2, times: Self.requests), "\(tally.failures)")
            let after = try seen()
            return Seen(left: after.left - before.left, arrived: after.arrived - before.arrived)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func itGoesPastBothHostStacksAndIsListed(family: ClusterLab.Family) throws {
            try lab.enable("--forwarding", "direct")
            try lab.everywhere(["conntrack", "delete", "--all"])
            // The kernel's neighbours are known from the second request on at the latest.
            _ = try ask(family)
            let count = try ask(family)
            #expect(count == Seen(left: Self.requests, arrived: Self.requests))
            let list = try lab.succeed("conntrack", "list", "-o", "wide", on: .node1).text
            #expect(list.contains("no-service"), "\(list)")
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func inStackModeItIsTheHostStacksAlone(family: ClusterLab.Family) throws {
            try lab.enable("--forwarding", "stack")
            try lab.everywhere(["conntrack", "delete", "--all"])
            #expect(try ask(family) == Seen(left: 0, arrived: 0))
            #expect(!(try lab.succeed("conntrack", "list", "-o", "wide", on: .node1).text.contains("no-service")))
        }
    }
}
