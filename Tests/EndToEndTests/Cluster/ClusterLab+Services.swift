// SPDX-License-Identifier: Apache-2.0

import Testing

extension ClusterLab {
    /// The server of a node's pod and the node ports that it alone serves.
    struct Served: CustomTestStringConvertible, Sendable {
        let server: Machine

        static let node1 = Served(server: .server1)
        static let node2 = Served(server: .server2)
        static let both = [node1, node2]

        private var number: Int { server == .server1 ? 1 : 2 }

        /// The lab's own server, over TCP and UDP.
        var port: Int { 30080 + number }
        /// The echo server.
        var echoPort: Int { 30070 + number }
        /// A port of the pod that nobody listens on.
        var closedPort: Int { 30060 + number }

        var testDescription: String { "a backend on n\(number)" }
    }

    /// Defines the services of ``Served``.
    func defineServed() throws {
        for served in Served.both {
            for (name, port, backendPort) in [
                ("server", served.port, Self.serverPort), ("echo", served.echoPort, Self.echoPort),
                ("closed", served.closedPort, 9),
            ] {
                try define(
                    "\(name)-\(served.server.rawValue)", ["--node-port", "\(port)/tcp", "--node-port", "\(port)/udp"],
                    backends: backends(served.server, port: backendPort))
            }
        }
    }
}
