// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing

/// Where nodes and pods live, which node this is, and what is never taken away.
@Suite struct NodeRuleTests {
    private static let nodes =
        node("n1", addresses: ["192.168.0.1", "fd00::1"], podCIDRs: ["10.244.1.0/24", "fd00:244:1::/64"])
        + "\n---\n" + node("n2", addresses: ["192.168.0.2"], podCIDRs: ["10.244.2.0/24", "fd00:244:2::/64"])

    @Test func internalIPsAndPodCIDRsBecomeRoutes() throws {
        #expect(
            try translated(Self.nodes).golden == """
                route 10.244.1.0/24 workload here
                route 10.244.2.0/24 workload on n2 via 192.168.0.2
                route 192.168.0.1/32 host here
                route 192.168.0.2/32 host on n2 via 192.168.0.2
                route fd00::1/128 host here
                route fd00:244:1::/64 workload here
                note: no routes to the IPv6 pods of node 'n2': it has no IPv6 InternalIP
                """)
    }

    @Test func aDeletedNodeHasNoRoutes() throws {
        let both = try translated(Self.nodes).routes.compactMap(\.remote)
        #expect(both.map(\.prefix.description) == ["10.244.2.0/24", "192.168.0.2/32"])
        #expect(try translated(node("n1", addresses: ["192.168.0.1"])).routes.compactMap(\.remote) == [])
    }

    @Test func ofTwoNodesThatClaimOnePrefixTheFirstHasIt() throws {
        let state = try translated(
            node("n1"), node("n3", addresses: ["192.168.0.3"], podCIDRs: ["10.244.2.0/24"]),
            node("n2", addresses: ["192.168.0.2"], podCIDRs: ["10.244.2.0/24"]))
        #expect(
            state.golden == """
                route 10.244.2.0/24 workload on n2 via 192.168.0.2
                route 192.168.0.2/32 host on n2 via 192.168.0.2
                route 192.168.0.3/32 host on n3 via 192.168.0.3
                note: '10.244.2.0/24' belongs to node 'n2', and to 'n3' as well
                """)
    }

    @Test func aSinglePodCIDROfOldObjectsCounts() throws {
        let old = """
            {apiVersion: v1, kind: Node, metadata: {name: n2}, spec: {podCIDR: 10.244.2.0/24},
             status: {addresses: [{type: InternalIP, address: 192.168.0.2}, {type: ExternalIP, address: 192.0.2.2}]}}
            """
        #expect(
            try translated(node("n1"), old).golden == """
                route 10.244.2.0/24 workload on n2 via 192.168.0.2
                route 192.168.0.2/32 host on n2 via 192.168.0.2
                """)
    }

    @Test(arguments: ["", "node-2.example", "fe80::1%eth0", "fe80::1", "127.0.0.1", "0.0.0.0", "224.0.0.1"])
    func anInternalIPThatNobodyCanReachIsSkippedAndTheNodeUsedWithoutIt(address: String) throws {
        #expect(
            try translated(
                node("n1", addresses: [address], podCIDRs: ["10.244.1.0/24"]),
                node("n2", addresses: [address, "192.168.0.2"], podCIDRs: ["10.244.2.0/24"])
            ).golden == """
                route 10.244.1.0/24 workload here
                route 10.244.2.0/24 workload on n2 via 192.168.0.2
                route 192.168.0.2/32 host on n2 via 192.168.0.2
                note: skipped InternalIP '\(address)' of node 'n1': no address to reach it at
                note: skipped InternalIP '\(address)' of node 'n2': no address to reach it at
                """)
    }

    @Test func nodesWithoutPodCIDRsAreNoted() throws {
        #expect(
            try translated(
                node("n1"), node("n2", addresses: ["192.168.0.2"]), node("n3", addresses: ["192.168.0.3"])
            ).golden == """
                route 192.168.0.2/32 host on n2 via 192.168.0.2
                route 192.168.0.3/32 host on n3 via 192.168.0.3
                note: no podCIDRs in nodes 'n2', 'n3': of their pods only those that serve have routes
                """)
    }

    private func name(of choice: TranslationOptions.NodeChoice, _ manifests: String...) throws -> String {
        try objects(manifests.joined(separator: "\n---\n")).desiredState(TranslationOptions(node: choice)).node.name
    }

    @Test func aHostIsFoundByItsNameItsHostNameOrItsFirstLabel() throws {
        let nodes = node("worker-1.example", hostName: "metal-7") + "\n---\n" + node("worker-2.example")
        #expect(try name(of: .hostName("Worker-1.example"), nodes) == "worker-1.example")
        #expect(try name(of: .hostName("metal-7"), nodes) == "worker-1.example")
        #expect(try name(of: .hostName("worker-2"), nodes) == "worker-2.example")
        #expect(try name(of: .hostName("anything"), service()) == "anything")
    }

    @Test func aHostThatIsNoneOrSeveralOfTheNodesIsRefused() throws {
        let nodes = node("a.east") + "\n---\n" + node("a.west") + "\n---\n" + node("b")
        #expect(throws: TranslationError.unknownNode(.name("c"), known: ["a.east", "a.west", "b"])) {
            try name(of: .name("c"), nodes)
        }
        #expect(throws: TranslationError.ambiguousNode(hostName: "a", candidates: ["a.east", "a.west"])) {
            try name(of: .hostName("a"), nodes)
        }
        #expect(
            TranslationError.unknownNode(.hostName("c"), known: ["a", "b"]).message
                == "this host, 'c', is none of the nodes 'a', 'b'")
        #expect(
            TranslationError.unknownNode(.name("x"), known: ["a", "b", "c", "d", "e", "f", "g"]).message
                == "no node 'x' among 'a', 'b', 'c', 'd', 'e' and 2 more")
        #expect(
            TranslationError.ambiguousNode(hostName: "a", candidates: ["a.east", "a.west"]).message
                == "this host, 'a', may be any of the nodes 'a.east', 'a.west'")
    }

    private static let apiServer = """
        {apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default},
         spec: {clusterIP: 10.96.0.1, ports: [{name: https, port: 443, targetPort: 6443}]}}
        """
    private static let apiEndpoint = slice(
        name: "kubernetes", of: "kubernetes", ports: "[{name: https, port: 6443}]", endpoint("192.168.0.9", on: nil))

    @Test func theAPIServerIsKeptWhereTheInputHasNoBackendForIt() throws {
        let current = try translated(Self.apiServer, Self.apiEndpoint).services
        var state = try translated(Self.apiServer)
        state.keepAPIServer(current: current, pruning: false)
        #expect(
            state.golden == """
                service default/kubernetes:https
                  cluster-ip 10.96.0.1:443/tcp
                  backend 192.168.0.9:6443
                note: service 'default/kubernetes:https' is kept as it is: it would have no backend left
                """)
    }

    @Test func theAPIServerIsKeptWhenPruningWouldDeleteIt() throws {
        let current = try translated(Self.apiServer, Self.apiEndpoint).services
        var state = try translated(service())
        state.keepAPIServer(current: current, pruning: true)
        #expect(state.services.map(\.name.text) == ["default/kubernetes:https", "default/web"])
        #expect(state.notes.count == 1)
        var untouched = try translated(service())
        untouched.keepAPIServer(current: current, pruning: false)
        #expect(try untouched == translated(service()))
    }

    @Test func theAPIServerFollowsTheInputThatHasABackendForIt() throws {
        let current = try translated(Self.apiServer, Self.apiEndpoint).services
        let moved = Self.apiEndpoint.replacing("192.168.0.9", with: "192.168.0.10")
        var state = try translated(Self.apiServer, moved)
        state.keepAPIServer(current: current, pruning: true)
        #expect(state.services.flatMap(\.backends).map(\.description) == ["192.168.0.10:6443"])
        #expect(state.notes == [])
    }

    private func byHand() throws -> Service {
        Service(
            name: try ServiceName("default/kubernetes"),
            frontends: [.clusterIP(try FrontendAddress("10.96.0.1:443/tcp"))],
            backends: [try Backend("192.168.0.9:6443")])
    }

    @Test func theAPIServerOfAnotherNameGoesWhereTheInputServesItsAddress() throws {
        var state = try translated(Self.apiServer, Self.apiEndpoint)
        state.keepAPIServer(current: [try byHand()], pruning: true)
        #expect(try state == translated(Self.apiServer, Self.apiEndpoint))
    }

    @Test func theAPIServerOfAnotherNameKeepsItsAddressWhereTheInputHasNoBackendForIt() throws {
        var state = try translated(Self.apiServer)
        state.keepAPIServer(current: [try byHand()], pruning: true)
        #expect(
            state.golden == """
                service default/kubernetes
                  cluster-ip 10.96.0.1:443/tcp
                  backend 192.168.0.9:6443
                note: service 'default/kubernetes' is kept as it is: it would have no backend left
                """)
    }
}
