// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import TestSupport
import Testing

@testable import Commands

/// What is done where the objects fit this machine badly.
@Suite(.needsKernel) struct ObjectApplyPlaceTests {
    private let tool: ToolNode
    private let file = TemporaryFile()

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
    }

    private static func node(_ name: String, _ address: String, _ podCIDR: String) -> String {
        """
        apiVersion: v1
        kind: Node
        metadata: {name: \(name)}
        spec: {podCIDRs: [\(podCIDR)]}
        status: {addresses: [{type: InternalIP, address: \(address)}]}
        ---

        """
    }

    private static let nodes = node("n1", "10.0.0.1", "10.244.1.0/24") + node("n2", "10.0.0.2", "10.244.2.0/24")

    private static func web(_ spec: String = "", ports: String = "[{name: http, port: 80}]") -> String {
        """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: default}
        spec: {clusterIPs: [10.96.0.10], ports: \(ports)\(spec)}
        ---

        """
    }

    private static func slice(_ endpoints: String...) -> String {
        """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        addressType: IPv4
        metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
        ports: [{name: http, port: 8080, protocol: TCP}]
        endpoints: [\(endpoints.joined(separator: ", "))]
        ---

        """
    }

    private static let both = slice(
        "{addresses: [10.244.1.5], nodeName: n1}", "{addresses: [10.244.2.5], nodeName: n2}")

    private func apply(_ text: String, _ options: String) throws -> ToolRun {
        try file.write(text)
        return try tool.run("service apply -f \(file.path) \(options)")
    }

    @Test func withoutNodesAndAKnownNameTheRoutesTellWhatIsHere() throws {
        _ = try tool.output(of: "route add 10.244.1.0/24 --workload --local pod0")
        let hinted = Self.slice(
            "{addresses: [10.244.1.5], nodeName: n1, hints: {forZones: [{name: a}]}}",
            "{addresses: [10.244.2.5], nodeName: n2, hints: {forZones: [{name: b}]}}")
        let run = try apply(Self.web(", internalTrafficPolicy: Local") + hinted, "--node nod-a")
        #expect(run.code == .success)
        #expect(
            run.errors.hasPrefix(
                """
                no endpoint is on node 'nod-a', and no Node object says which this is: which backends are here is taken \
                from the routes
                topology hints for zones are not followed: there is no Node object to say which zone this is

                """), "\(run.errors)")
        let list = try tool.output(of: "backend list default/web")
        #expect(list.contains("10.244.1.5:8080       1  yes    active"), "\(list)")
        #expect(list.contains("10.244.2.5:8080       1  no     active"), "\(list)")
    }

    @Test func whereTheRoutesDoNotTellEitherItIsRefused() throws {
        let run = try apply(Self.web() + Self.both, "--node nod-a")
        #expect(run.code == .usage)
        #expect(
            run.errors == """
                ebpfctl: cannot apply '\(file.path)': no endpoint is on node 'nod-a', no Node object says which this \
                is, and the routes cover none of the endpoints
                hint: give it what 'kubectl get services,endpointslices,nodes -A -o json' prints, or say which node this \
                is with '--node NAME'

                """)
        #expect(try tool.output(of: "service list -q") == "")
    }

    @Test func theNodeOfAnotherMachineIsRefused() throws {
        let run = try apply(Self.nodes + Self.web() + Self.both, "--node n2")
        #expect(run.code == .usage)
        #expect(
            run.errors == """
                ebpfctl: cannot apply '\(file.path)': node 'n2' is another machine: this one has the address 10.0.0.1 \
                of node 'n1'
                hint: say which node this is with '--node n1'

                """)
        #expect(try tool.output(of: "service list -q") == "")
    }

    @Test func aNodeWhoseAddressNobodyHasIsNoted() throws {
        let moved = Self.nodes.replacingOccurrences(of: "10.0.0.1}", with: "10.0.0.7}")
        let run = try apply(moved + Self.web() + Self.both, "--node n1")
        #expect(run.code == .success)
        #expect(
            run.errors.hasPrefix("none of the InternalIPs of node 'n1' is an address of this machine\n"),
            "\(run.errors)")
    }

    @Test func aNodePortOutsideTheRangeIsLeftOutAndTheRestServed() throws {
        let ports = "[{name: http, port: 80, nodePort: 30080}, {name: far, port: 81, nodePort: 8081}]"
        let run = try apply(Self.nodes + Self.web(", type: NodePort", ports: ports) + Self.both, "--node n1")
        #expect(run.code == .success)
        #expect(
            run.errors.hasPrefix(
                "service 'default/web:far': node port '8081/tcp' is not served: '--node-port-range' is 30000-32767\n"),
            "\(run.errors)")
        #expect(
            try tool.output(of: "service list").split(separator: "\n").dropFirst().map { $0.split(separator: " ")[1] }
                == ["10.96.0.10:81/tcp", "10.96.0.10:80/tcp,*:30080/tcp"])
    }

    @Test func aNodePortThatAServiceHasStaysItsOwnWhenTheRangeHasChanged() throws {
        let objects = Self.nodes + Self.web(", type: NodePort", ports: "[{name: http, port: 80, nodePort: 30080}]")
        _ = try apply(objects + Self.both, "--node n1")
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256 --node-port-range 31000-32000")
        let run = try apply(objects + Self.both, "--node n1")
        #expect(run.output == "service default/web:http unchanged\n")
    }

    @Test func sourceRangesGoWithALoadBalancerOfAFamilyThatIsOff() throws {
        let only = try ToolNode()
        _ = try only.output(of: "\(ToolNode.enable) --map-size connections=256 -4")
        let balanced = Self.web(", type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]")
            .replacingOccurrences(of: "[10.96.0.10]", with: "[10.96.0.10, \"fd00::10\"]")
            .replacingOccurrences(of: "port: 80}", with: "port: 80, nodePort: 30080}")
            .replacingOccurrences(of: "---", with: "status: {loadBalancer: {ingress: [{ip: \"2001:db8::1\"}]}}\n---")
        try file.write(Self.nodes + balanced + Self.both)
        let run = try only.run("service apply -f \(file.path) --node n1")
        #expect(run.output.hasSuffix("service default/web:http created\n"), "\(run.errors)")
        #expect(try only.output(of: "service get default/web:http").contains("Source ranges:    <none>"))
    }

    /// What addresses another product gives out need not be of the node's own block.
    @Test func aPodOutsideItsNodesBlockHasARouteForAsLongAsItIsThere() throws {
        func routes() throws -> [[Substring]] {
            try tool.output(of: "route list").split(separator: "\n").map { $0.split(separator: " ") }
        }
        let there = ["10.244.1.77/32", "workload", "remote", "10.0.0.2", "cluster"].map { Substring($0) }
        let run = try apply(
            Self.nodes + Self.web() + Self.slice("{addresses: [10.244.1.77], nodeName: n2}"), "--node n1")
        #expect(run.output.contains("route 10.244.1.77/32 created\n"))
        #expect(try routes().contains(there))
        // The address is another pod's now, on this node.
        let moved = try apply(
            Self.nodes + Self.web() + Self.slice("{addresses: [10.244.1.77], nodeName: n1}"), "--node n1")
        #expect(moved.output.contains("route 10.244.1.77/32 deleted\n"))
        #expect(try !routes().contains(there))
    }
}
