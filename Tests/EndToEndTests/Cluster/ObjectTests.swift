// SPDX-License-Identifier: Apache-2.0

import Foundation
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Two nodes that are told by Kubernetes objects what to serve.
    @Suite(.sharedCluster) struct ObjectTests {
        private let lab: ClusterLab

        init() throws { lab = try .shared() }

        private static let address = "10.96.0.10:80"
        private static let nodePort = 30090

        // MARK: manifests

        private func manifest(ready: [ClusterLab.Machine], terminating: [ClusterLab.Machine] = []) throws -> String {
            let endpoints = try (ready.map { ($0, true) } + terminating.map { ($0, false) }).map { machine, isReady in
                """
                - addresses: ["\(try lab.address(of: machine, .v4))"]
                  nodeName: \(machine == .server1 ? "n1" : "n2")
                  conditions: {ready: \(isReady), serving: true, terminating: \(!isReady)}
                """
            }
            let nodes = try ClusterLab.nodes.map { node in
                let pod = try lab.address(of: node == .node1 ? .server1 : .server2, .v4)
                return """
                    apiVersion: v1
                    kind: Node
                    metadata: {name: \(node.rawValue)}
                    spec: {podCIDRs: ["\(pod.split(separator: ".").prefix(3).joined(separator: ".")).0/24"]}
                    status: {addresses: [{type: InternalIP, address: "\(try lab.address(of: node, .v4))"}]}
                    """
            }
            let service = """
                apiVersion: v1
                kind: Service
                metadata: {name: web, namespace: default}
                spec:
                  type: NodePort
                  clusterIPs: [10.96.0.10]
                  ports:
                  - {name: tcp, port: 80, nodePort: \(Self.nodePort), protocol: TCP}
                  - {name: udp, port: 80, nodePort: \(Self.nodePort), protocol: UDP}
                """
            let slice = """
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                addressType: IPv4
                metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
                ports:
                - {name: tcp, port: \(ClusterLab.serverPort), protocol: TCP}
                - {name: udp, port: \(ClusterLab.serverPort), protocol: UDP}
                endpoints:\(endpoints.isEmpty ? " []" : "")
                \(endpoints.joined(separator: "\n"))
                """
            return (nodes + [service, slice]).joined(separator: "\n---\n") + "\n"
        }

        private func apply(_ manifest: String, on nodes: [ClusterLab.Machine] = ClusterLab.nodes) throws {
            let path = FileManager.default.temporaryDirectory.path + "/objects-\(UUID().uuidString.prefix(8)).yaml"
            try Filesystem.write(manifest, to: path, creating: true)
            defer { try? Filesystem.removeFile(path) }
            for node in nodes {
                try lab.succeed("service", "apply", "-f", path, "--node", node.rawValue, "--prune", on: node)
            }
        }

        // MARK: tests

        @Test(arguments: ["tcp", "udp"])
        func manifestsAreServedToPodsNodesAndClientsOutside(transport: String) throws {
            try lab.enable()
            try apply(manifest(ready: [.server1, .server2]))
            for node in ClusterLab.nodes {
                let routes = try lab.succeed("route", "list", "-o", "json", on: node).items()
                let other: ClusterLab.Machine = node == .node1 ? .node2 : .node1
                let origins = try routes.filter { try $0["node"] as? String == lab.address(of: other, .v4) }
                    .compactMap { $0["origin"] as? String }
                #expect(origins == ["cluster", "cluster"])
            }
            for (machine, isOutside) in [
                (ClusterLab.Machine.pod1, false), (.pod1, true), (.pod2, false), (.node1, false),
            ] {
                let tally = try lab.ask(
                    Traffic(transport, to: Self.address, times: 32), from: machine, outsideCgroup: isOutside)
                #expect(tally.isAnswered(by: .server1, .server2, times: 32), "from \(machine): \(tally)")
            }
            for node in ClusterLab.nodes {
                let tally = try lab.ask(Traffic(transport, to: lab.nodePort(Self.nodePort, on: node), times: 32))
                #expect(tally.isAnswered(by: .server1, .server2, times: 32), "to \(node): \(tally)")
            }
        }

        /// By and by each endpoint ends as a pod does: it terminates while it still serves, and then it is gone.
        @Test func noRequestFailsWhileEndpointsEndAndComeBack() throws {
            try lab.enable()
            try apply(manifest(ready: [.server1, .server2]))
            let target = try lab.nodePort(Self.nodePort)
            let length = Duration.seconds(5)
            let clients = try [
                lab.startAsking("tcp", target, for: length, manner: .fresh),
                lab.startAsking("tcp", Self.address, for: length, manner: .fresh, from: .pod1),
                lab.startAsking("tcp", Self.address, for: length, manner: .fresh, from: .pod1, outsideCgroup: true),
            ]
            let end = ContinuousClock.now + length
            var rounds = 0
            while ContinuousClock.now < end {
                for (leaving, staying) in [
                    (ClusterLab.Machine.server1, ClusterLab.Machine.server2), (.server2, .server1),
                ] {
                    // The other node first: what it sends here in the meantime has to find the endpoint.
                    let here: ClusterLab.Machine = leaving == .server1 ? .node1 : .node2
                    let order = ClusterLab.nodes.filter { $0 != here } + [here]
                    try apply(manifest(ready: [staying], terminating: [leaving]), on: order)
                    try apply(manifest(ready: [staying]), on: order)
                    try apply(manifest(ready: [.server1, .server2]), on: order.reversed())
                }
                rounds += 1
            }
            for client in clients {
                let tally = try lab.collect(client)
                #expect(tally.failures.isEmpty, "\(tally.answers) \(tally.failures)")
                #expect(tally.isAnswered(by: .server1, .server2, times: tally.answered), "\(tally.answers)")
                #expect(tally.answered > 200)
            }
            #expect(rounds > 1)
        }

        /// Nobody tells a sender of datagrams that its backend is gone, so its socket is ended.
        @Test func aSenderOfDatagramsMovesOnWhenItsEndpointIsGone() throws {
            try lab.enable()
            try apply(manifest(ready: [.server1]))
            let client = try lab.startAsking(
                "udp", Self.address, for: .seconds(4), manner: .reused, from: .pod1, timeout: 500)
            try #require(try eventually { try lab.hasConnection(of: "default/web", on: .node1) })
            try apply(manifest(ready: [.server2]))
            let tally = try lab.collect(client)
            #expect(Set(tally.answers.keys).contains("n2p1"), "\(tally.answers) \(tally.failures)")
        }
    }
}
