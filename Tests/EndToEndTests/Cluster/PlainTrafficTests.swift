// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// What connect() has balanced, with and without netfilter in the way.
    @Suite(.sharedCluster) struct PlainTrafficTests {
        private let lab: ClusterLab
        private static let requests = 20

        init() throws { lab = try .shared() }

        private struct Seen: Equatable {
            /// Packets that left the client's node past its host stack, and those that it handed to the client.
            var left: Int
            var answered: Int
        }

        private func seen() throws -> Seen {
            Seen(
                left: try lab.packets("forward-neighbor", on: .node1),
                answered: try lab.packets("forward-peer", on: .node1))
        }

        /// One UDP socket asks for a service whose server is on the other node: as many packets there as requests.
        private func ask(_ family: ClusterLab.Family) throws -> Seen {
            let target = family == .v4 ? "10.96.0.77:80" : "[fd00:96::77]:80"
            let backends = try lab.backends(.server2, families: [family])
            try lab.define("balanced", ["--vip", "\(target)/udp"], backends: backends)
            let before = try seen()
            let tally = try lab.ask(Traffic("udp", to: target, times: Self.requests, manner: .reused), from: .pod1)
            #expect(tally.isAnswered(by: .server2, times: Self.requests), "\(tally.failures)")
            let after = try seen()
            return Seen(left: after.left - before.left, answered: after.answered - before.answered)
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func itGoesPastTheHostStackOfTheClientsNode(family: ClusterLab.Family) throws {
            try lab.enable("--forwarding", "direct")
            // The kernel's neighbours are known from the second flow on at the latest.
            _ = try ask(family)
            try lab.everywhere(["conntrack", "delete", "--all"])
            #expect(try ask(family) == Seen(left: Self.requests, answered: Self.requests))
        }

        @Test(arguments: ClusterLab.Family.allCases)
        func inStackModeItIsTheHostStacksAlone(family: ClusterLab.Family) throws {
            try lab.enable("--forwarding", "stack")
            try lab.everywhere(["conntrack", "delete", "--all"])
            #expect(try ask(family) == Seen(left: 0, answered: 0))
        }
    }
}
