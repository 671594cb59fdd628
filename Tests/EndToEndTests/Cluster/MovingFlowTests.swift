// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

extension EndToEnd {
    /// The packets of one flow reach another node from one moment to the next: an address has moved.
    @Suite(.sharedCluster) struct MovingFlowTests {
        private let lab: ClusterLab

        init() throws {
            lab = try .shared()
            try lab.enable()
        }

        /// Sends from one and the same port until a datagram comes back; each try waits a little.
        private static let asker = PythonProgram(
            text: """
                import socket, sys
                target, port = sys.argv[1], int(sys.argv[2])
                s = socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("", 40040))
                s.settimeout(0.2)
                for attempt in range(50):
                    s.sendto(b"hello", (target, port))
                    try:
                        if s.recv(99) == b"hello": sys.exit(0)
                    except socket.timeout: pass
                sys.exit("no answer")
                """)

        private func route(_ target: String, by node: ClusterLab.Machine, _ family: ClusterLab.Family) throws {
            try lab.shell("ip route replace \(target) via \(lab.address(of: node, family))", on: .router)
        }

        private func isAnswered(_ target: String) throws -> Bool {
            try lab.start(Self.asker.command(target, "80"), on: .client).collect(until: Deadline(after: Tool.patience))
                .status.isSuccess
        }

        /// The first node has sent the flow to the second one, and then gets it from there.
        @Test(arguments: ClusterLab.Family.allCases)
        func aFlowThatComesBackThroughTheOverlayIsServedAndDoesNotGoRound(family: ClusterLab.Family) throws {
            let target = family == .v4 ? "198.51.100.40" : "2001:db8:100::40"
            let backends = try [ClusterLab.Machine.server1, .server2].map {
                endpoint(try lab.address(of: $0, family), ClusterLab.echoPort)
            }
            try lab.define(
                "moving", ["--external-ip", "\(endpoint(target, 80))/udp"], backends: [backends[1]])
            #expect(try isAnswered(target))
            #expect(try lab.hasConnection(of: "default/moving", on: .node1))

            // A draining backend keeps its flows, so the first node goes on knowing this one.
            try lab.everywhere(["backend", "add", "default/moving", backends[0]])
            try lab.everywhere(["backend", "drain", "default/moving", backends[1]])
            try lab.succeed("conntrack", "delete", "--service", "default/moving", on: .node2)
            try route(target, by: .node2, family)
            defer { #expect(throws: Never.self) { try lab.shell("ip route del \(target)", on: .router) } }
            let before = try lab.packets("forward-tunnel", on: .node1)
            #expect(try isAnswered(target))
            // One reply a datagram, each of which has waited for its answer.
            #expect(try lab.packets("forward-tunnel", on: .node1) < before + 100)
        }

        /// A reply goes back to the node that its request came by, as long as it comes by that node.
        @Test(arguments: ClusterLab.Family.allCases)
        func repliesLeaveTheOverlayWhenRequestsNoLongerComeByIt(family: ClusterLab.Family) throws {
            let target = family == .v4 ? "198.51.100.41" : "2001:db8:100::41"
            try lab.define(
                "turning", ["--external-ip", "\(endpoint(target, 80))/udp"],
                backends: [endpoint(lab.address(of: .server2, family), ClusterLab.echoPort)])
            #expect(try isAnswered(target))
            try route(target, by: .node2, family)
            defer { #expect(throws: Never.self) { try lab.shell("ip route del \(target)", on: .router) } }
            // The first node is gone, as far as the second one can tell.
            try lab.shell("ip link set ebpfctl down", on: .node1)
            defer { #expect(throws: Never.self) { try lab.shell("ip link set ebpfctl up", on: .node1) } }
            #expect(try isAnswered(target))
        }
    }
}
