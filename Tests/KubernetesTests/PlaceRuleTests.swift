// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing

/// Which machine this is, and which endpoints are on it, where the objects and their reader disagree.
@Suite struct PlaceRuleTests {
    private static let nodes = [
        node("n1", addresses: ["192.168.0.1"], podCIDRs: ["10.244.1.0/24"]),
        node("n2", addresses: ["fd00::2", "192.168.0.2"], podCIDRs: ["10.244.2.0/24"]),
    ].joined(separator: "\n---\n")
    private static let slices = slice(
        endpoint("10.244.1.2", on: "n1"), endpoint("10.244.2.2", on: "n2"), endpoint("10.244.3.2", on: nil))

    private func state(
        _ manifests: String..., node: TranslationOptions.NodeChoice = .name("x"), own: [String] = [],
        local: [String]? = nil
    ) throws -> DesiredState {
        var options = TranslationOptions(node: node)
        options.ownAddresses = Set(try own.map { try IPAddress($0) })
        options.localEndpoints = try local.map { Set(try $0.map { try IPAddress($0) }) }
        return try objects(manifests.joined(separator: "\n---\n")).desiredState(options)
    }

    @Test func aNameThatNoEndpointBearsLeavesItToTheRoutesWhichAreHere() throws {
        let state = try state(service(), Self.slices, local: ["10.244.2.2"])
        #expect(
            state.golden == """
                service default/web
                  cluster-ip 10.96.0.10:80/tcp
                  backend 10.244.2.2:8080,local
                  backend 10.244.1.2:8080
                  backend 10.244.3.2:8080
                note: no endpoint is on node 'x', and no Node object says which this is: which backends are here is taken \
                from the routes
                """)
    }

    @Test func whereTheRoutesKnowNoEndpointEitherNothingIsTranslated() {
        #expect(throws: TranslationError.unknownPlaces(node: "x")) { try state(service(), Self.slices) }
    }

    @Test func theRoutesAreNotAskedWhereAnEndpointOrANodeBearsTheNameOrNobodyNamesANode() throws {
        for name in ["n1", "n2"] {
            #expect(
                try state(service(), Self.slices, node: .hostName(name), local: [])
                    == translated(
                        service(), Self.slices, node: name))
        }
        #expect(try state(service(), slice(endpoint("10.244.1.2", on: nil))).notes == [])
        #expect(try state(Self.nodes, node("x"), service(), Self.slices).notes == [])
    }

    @Test func zoneHintsWithoutNodesAreNoted() throws {
        let hinted = slice(endpoint("10.244.1.2", ", hints: {forZones: [{name: east}]}"))
        #expect(
            try translated(service(), hinted).notes.map(\.message) == [
                "topology hints for zones are not followed: there is no Node object to say which zone this is"
            ])
        #expect(try translated(node("n1"), service(), hinted).notes == [])
    }

    @Test func aNodeWithoutAnyAddressOfThisMachineIsRefusedWhereAnotherHasOne() throws {
        let error = TranslationError.otherMachine(chosen: "n1", address: try IPAddress("192.168.0.2"), of: "n2")
        for choice in [TranslationOptions.NodeChoice.name("n1"), .hostName("n1")] {
            #expect(throws: error) { try state(Self.nodes, node: choice, own: ["10.0.0.1", "192.168.0.2"]) }
        }
        #expect(
            error.message == "node 'n1' is another machine: this one has the address 192.168.0.2 of node 'n2'")
    }

    @Test func aNodeWithOneAddressOfThisMachineIsThisOne() throws {
        #expect(try state(Self.nodes, node: .name("n2"), own: ["192.168.0.2"]).node.name == "n2")
        #expect(try state(Self.nodes, node: .name("n1"), own: ["192.168.0.1", "192.168.0.2"]).node.name == "n1")
    }

    @Test func whereNoNodeHasAnAddressOfThisMachineItIsNoted() throws {
        #expect(try state(Self.nodes, node: .name("n1"), own: ["10.0.0.1"]).notes == [.strangeNode("n1")])
        #expect(try state(Self.nodes, node: .name("n1")).notes == [])
        #expect(try state(node("n1"), node: .name("n1"), own: ["10.0.0.1"]).notes == [])
        #expect(try state(Self.nodes, node: .name("n1"), own: ["fd00::1"]).notes == [])
    }
}
