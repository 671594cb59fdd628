// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing

/// Which endpoints serve: each test is a manifest and the backends that it means.
@Suite struct EndpointRuleTests {
    private static let local = "type: NodePort\nexternalTrafficPolicy: Local"
    private static let nodePort = "[{port: 80, nodePort: 30080}]"

    private func backends(_ manifests: String..., node: String = "n1") throws -> [String] {
        let state = try objects(manifests.joined(separator: "\n---\n")).desiredState(
            TranslationOptions(node: .name(node)))
        return state.services.flatMap(\.backends).map { "\($0)" + ($0.state == .draining ? " draining" : "") }
            + state.notes.map(\.message)
    }

    @Test func duplicateEndpointsAcrossSlicesAreOneAndTheReadierOneIsBelieved() throws {
        let slices = [
            slice(endpoint("10.244.1.2", on: "n2", ready: false, serving: false), endpoint("10.244.1.3", on: "n2")),
            slice(name: "web-2", endpoint("10.244.1.2", on: "n2"), endpoint("10.244.1.4", on: "n2")),
        ]
        let expected = ["10.244.1.2:8080", "10.244.1.3:8080", "10.244.1.4:8080"]
        #expect(try backends(node("n1"), service(), slices[0], slices[1]) == expected)
        #expect(try backends(node("n1"), service(), slices[1], slices[0]) == expected)
    }

    @Test func onlyTheFirstAddressOfAnEndpointCounts() throws {
        let two = "{addresses: [10.244.1.2, 10.244.1.3], nodeName: n1}"
        #expect(try backends(service(), slice(two)) == ["10.244.1.2:8080,local"])
    }

    @Test func conditionsThatAreNotGivenMeanReady() throws {
        #expect(
            try backends(service(), slice("{addresses: [10.244.1.2]}", "{addresses: [10.244.1.3], conditions: {}}"))
                == ["10.244.1.2:8080", "10.244.1.3:8080"])
    }

    @Test func endpointsThatAreNotReadyGetNothing() throws {
        #expect(
            try backends(
                service(), slice(endpoint("10.244.1.2"), endpoint("10.244.1.3", ready: false, serving: false)))
                == ["10.244.1.2:8080,local"])
    }

    @Test func terminatingEndpointsDrainWhileOneIsReady() throws {
        #expect(
            try backends(
                service(),
                slice(
                    endpoint("10.244.1.2", ready: false, terminating: true), endpoint("10.244.2.2", on: "n2"),
                    endpoint("10.244.1.3", ready: false, serving: false, terminating: true)))
                == ["10.244.1.2:8080,local draining", "10.244.2.2:8080"])
    }

    @Test func terminatingEndpointsServeWhenNoReadyOneIsLeft() throws {
        #expect(
            try backends(
                service(),
                slice(
                    endpoint("10.244.1.2", ready: false, terminating: true),
                    endpoint("10.244.2.2", on: "n2", ready: false, terminating: true),
                    endpoint("10.244.1.3", ready: false, serving: false, terminating: true)))
                == ["10.244.1.2:8080,local", "10.244.2.2:8080"])
    }

    @Test func terminatingEndpointsOfThisNodeServeALocalPolicyWhenNoReadyOneIsLeftHere() throws {
        let slices = slice(
            endpoint("10.244.1.2", ready: false, terminating: true), endpoint("10.244.2.2", on: "n2"))
        #expect(
            try backends(service(spec: Self.local, ports: Self.nodePort), slices)
                == [
                    "10.244.1.2:8080,local", "10.244.2.2:8080",
                    "service 'default/web': terminating backends of this node serve clients inside the cluster, too",
                ])
        #expect(
            try backends(service(spec: "internalTrafficPolicy: Local"), slices)
                == ["10.244.1.2:8080,local", "10.244.2.2:8080"])
        #expect(
            try backends(service(spec: Self.local, ports: Self.nodePort), slices, node: "n2")
                == ["10.244.2.2:8080,local", "10.244.1.2:8080 draining"])
    }

    @Test func publishNotReadyAddressesIsWhatTheSlicesMakeOfIt() throws {
        #expect(
            try backends(
                service(spec: "publishNotReadyAddresses: true"),
                slice(endpoint("10.244.1.2", ready: true, serving: false, terminating: true)))
                == ["10.244.1.2:8080,local"])
    }

    /// With all that a node should have, so that there is nothing to note.
    private static func placedNode(_ name: String, zone: String) -> String {
        node(
            name, addresses: ["192.168.0.\(name.suffix(1))"], podCIDRs: ["10.244.\(name.suffix(1)).0/24"], zone: zone)
    }

    private static func zoned(_ address: String, zones: String, on node: String = "n2", ready: Bool = true) -> String {
        endpoint(address, on: node, ready: ready, ", hints: {forZones: [\(zones)]}")
    }

    @Test func zoneHintsKeepTrafficInTheNodesZone() throws {
        let slices = slice(
            Self.zoned("10.244.1.2", zones: "{name: east}"), Self.zoned("10.244.2.2", zones: "{name: west}"),
            Self.zoned("10.244.3.2", zones: "{name: west}, {name: east}"))
        let nodes = Self.placedNode("n1", zone: "east") + "\n---\n" + Self.placedNode("n2", zone: "west")
        #expect(try backends(service(), slices, nodes) == ["10.244.1.2:8080", "10.244.3.2:8080"])
        #expect(
            try backends(service(), slices, nodes + "\n---\n" + Self.placedNode("n3", zone: "west"), node: "n3")
                == ["10.244.2.2:8080", "10.244.3.2:8080"])
    }

    /// Whoever was hinted here sends to this node's pod, so this node has to know it.
    @Test func hintsTakeNoReadyEndpointOfThisNodeAway() throws {
        let slices = slice(
            Self.zoned("10.244.1.2", zones: "{name: west}", on: "n1"),
            Self.zoned("10.244.2.2", zones: "{name: east}"), Self.zoned("10.244.3.2", zones: "{name: west}"),
            Self.zoned("10.244.1.3", zones: "{name: west}", on: "n1", ready: false))
        #expect(
            try backends(service(), slices, node("n1", zone: "east")) == ["10.244.1.2:8080,local", "10.244.2.2:8080"])
        let hints = slice(
            endpoint("10.244.1.2", on: "n1", ", hints: {forNodes: [{name: n2}]}"),
            endpoint("10.244.2.2", on: "n2", ", hints: {forNodes: [{name: n1}]}"))
        #expect(try backends(service(), hints) == ["10.244.1.2:8080,local", "10.244.2.2:8080"])
    }

    @Test(arguments: [
        ("an endpoint has no hint", "{name: east}", "", "east"),
        ("no endpoint is for the zone", "{name: west}", "{name: west}", "east"),
        ("the node has no zone", "{name: east}", "{name: west}", nil),
    ])
    func zoneHintsAreIgnoredWhen(reason: String, first: String, second: String, zone: String?) throws {
        #expect(
            try backends(
                service(), slice(Self.zoned("10.244.1.2", zones: first), Self.zoned("10.244.2.2", zones: second)),
                node("n1", zone: zone)) == ["10.244.1.2:8080", "10.244.2.2:8080"], "\(reason)")
    }

    @Test func zoneHintsOfEndpointsThatAreNotReadyDoNotCount() throws {
        #expect(
            try backends(
                service(),
                slice(
                    Self.zoned("10.244.1.2", zones: "{name: east}", ready: false),
                    Self.zoned("10.244.2.2", zones: "{name: west}")), node("n1", zone: "east"))
                == ["10.244.2.2:8080"])
    }

    @Test func nodeHintsGoBeforeZoneHintsAndFallBackToThem() throws {
        func hinted(_ address: String, _ node: String, _ zone: String) -> String {
            endpoint(address, on: node, ", hints: {forNodes: [{name: \(node)}], forZones: [{name: \(zone)}]}")
        }
        let slices = slice(
            hinted("10.244.1.2", "n1", "east"), hinted("10.244.2.2", "n2", "east"), hinted("10.244.4.2", "n4", "west"))
        let nodes = ["n1", "n2", "n3"].map { Self.placedNode($0, zone: "east") }.joined(separator: "\n---\n")
        #expect(try backends(service(), slices, nodes) == ["10.244.1.2:8080,local"])
        #expect(try backends(service(), slices, nodes, node: "n3") == ["10.244.1.2:8080", "10.244.2.2:8080"])
    }

    @Test func hintsDoNotHoldForALocalPolicy() throws {
        #expect(
            try backends(
                service(spec: Self.local, ports: Self.nodePort),
                slice(
                    Self.zoned("10.244.1.2", zones: "{name: west}", on: "n1"),
                    Self.zoned("10.244.2.2", zones: "{name: east}")), node("n1", zone: "east"))
                == ["10.244.1.2:8080,local", "10.244.2.2:8080"])
    }

    @Test func hintsAreWeighedPerFamily() throws {
        #expect(
            try backends(
                service(clusterIPs: "[10.96.0.10, \"fd00::10\"]"),
                slice(
                    Self.zoned("10.244.1.2", zones: "{name: east}"), Self.zoned("10.244.2.2", zones: "{name: west}")),
                slice(
                    name: "web-2", type: "IPv6", endpoint("fd00:244::2", on: "n2"), endpoint("fd00:244::3", on: "n2")),
                node("n1", zone: "east")) == ["10.244.1.2:8080", "[fd00:244::2]:8080", "[fd00:244::3]:8080"])
    }

    @Test func slicesOfHostNamesAndOfNoServiceAreReported() throws {
        let orphan = slice(name: "stray").replacing("kubernetes.io/service-name: web", with: "")
        #expect(
            try backends(service(), slice(type: "FQDN", "{addresses: [db.example]}"), orphan)
                == [
                    "ignored EndpointSlice 'default/web-1': its addresses are host names",
                    "ignored EndpointSlice 'default/stray': it belongs to no service",
                ])
    }

    @Test func legacyEndpointsCountWhereThereIsNoSlice() throws {
        let legacy = """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web, namespace: default}
            subsets:
            - addresses: [{ip: 10.244.1.2, nodeName: n1}, {ip: 10.244.2.2, nodeName: n2}]
              notReadyAddresses: [{ip: 10.244.1.3, nodeName: n1}]
              ports: [{port: 8080, protocol: TCP}]
            - addresses: [{ip: 10.244.3.2}]
              ports: [{port: 9090}]
            """
        #expect(
            try backends(service(), legacy) == ["10.244.1.2:8080,local", "10.244.2.2:8080", "10.244.3.2:9090"])
        #expect(try backends(service(), legacy, slice(endpoint("10.244.5.2", on: "n5"))) == ["10.244.5.2:8080"])
    }

    /// Nobody makes slices of them, and slices are all that kube-proxy reads.
    @Test(arguments: ["true", "True", "1"]) func legacyEndpointsThatAreNotToBeMirroredDoNotCount(label: String) throws {
        let legacy = """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: web, namespace: default, labels: {endpointslice.kubernetes.io/skip-mirror: "LABEL"}}
            subsets: [{addresses: [{ip: 10.244.1.2, nodeName: n1}], ports: [{port: 8080}]}]
            """
        #expect(try backends(service(), legacy.replacing("LABEL", with: label)) == [])
        #expect(try backends(service(), legacy.replacing("LABEL", with: "false")) == ["10.244.1.2:8080,local"])
    }

    @Test func moreBackendsThanSlotsAreCutAndThoseOfThisNodeKept() throws {
        let remote = (0..<4200).map { endpoint("10.100.\($0 / 250).\($0 % 250 + 1)", on: "n2") }
        let all = [endpoint("10.200.0.1"), endpoint("10.200.0.2")]
        let slices =
            "addressType: IPv4\napiVersion: discovery.k8s.io/v1\nendpoints: ["
            + (remote + all).joined(separator: ", ")
            + "]\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"
            + "ports: [{port: 8080}]"
        let state = try translated(service(), slices)
        let kept = try #require(state.services.first?.backends)
        #expect(kept.count == SlotPlan.maximumSlots)
        #expect(kept.prefix(2).map(\.description) == ["10.200.0.1:8080,local", "10.200.0.2:8080,local"])
        #expect(
            state.notes.map(\.message) == [
                "service 'default/web': left out: its IPv4 backends need 4202 slots, must be at most 4096"
            ])
    }
}
