// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing

/// Pods whose addresses are not of their own node's podCIDRs, as another product's address management hands them out.
@Suite struct PodRouteTests {
    private static let nodes = [
        node("n1", addresses: ["192.168.0.1"], podCIDRs: ["10.244.1.0/24"]),
        node("n2", addresses: ["192.168.0.2"], podCIDRs: ["10.244.2.0/24", "fd00:244:2::/64"]),
        node("n3", addresses: ["192.168.0.3", "fd00::3"], podCIDRs: ["10.244.3.0/24"]),
    ].joined(separator: "\n---\n")

    private func routes(_ manifests: String..., nodes: String = nodes) throws -> [String] {
        let known = Set(try translated(nodes).routes)
        let state = try translated(([nodes] + manifests).joined(separator: "\n---\n"))
        return state.routes.filter { !known.contains($0) }.map(\.golden)
    }

    @Test func aPodIsWhereItsSliceSaysAndNotInThePodCIDROfAnotherNode() throws {
        #expect(
            try routes(service(), slice(endpoint("10.244.2.70", on: "n3"), endpoint("10.244.2.71", on: "n2")))
                == ["route 10.244.2.70/32 workload on n3 via 192.168.0.3"])
    }

    @Test func soIsAPodThatNoPodCIDRCovers() throws {
        #expect(
            try routes(
                service(clusterIPs: "[10.96.0.10, \"fd00::10\"]"),
                slice(endpoint("10.99.0.7", on: "n2"), endpoint("10.99.0.8", on: "n1")),
                slice(name: "web-2", type: "IPv6", endpoint("fd00:99::7", on: "n3"))) == [
                    "route 10.99.0.7/32 workload on n2 via 192.168.0.2",
                    "route fd00:99::7/128 workload on n3 via fd00::3",
                ])
    }

    @Test func aPodOfAnotherNodeWithAnAddressOfThisNodesPodCIDRIsThere() throws {
        #expect(
            try routes(service(), slice(endpoint("10.244.1.9", on: "n2")))
                == ["route 10.244.1.9/32 workload on n2 via 192.168.0.2"])
    }

    @Test func whatIsDrainingKeepsItsRoute() throws {
        let slices = slice(
            endpoint("10.99.0.7", on: "n2", ready: false, terminating: true), endpoint("10.244.2.71", on: "n2"))
        #expect(try routes(service(), slices) == ["route 10.99.0.7/32 workload on n2 via 192.168.0.2"])
    }

    @Test(arguments: [
        ("serves nobody", endpoint("10.99.0.7", on: "n2", ready: false, serving: false)),
        ("is an address of its node", endpoint("192.168.0.2", on: "n2")),
        ("is an address of another node", endpoint("192.168.0.2", on: "n3")),
        ("names no node", endpoint("10.99.0.7", on: nil)), ("names an unknown node", endpoint("10.99.0.7", on: "n9")),
    ])
    func thereIsNoRouteToAnEndpointThat(reason: String, endpoint: String) throws {
        #expect(try routes(service(), slice(endpoint)) == [], "\(reason)")
    }

    @Test func thereIsNoRouteToEndpointsOfServicesThatAreNotServed() throws {
        let slices = slice(endpoint("10.99.0.7", on: "n2"))
        #expect(try routes(service(clusterIPs: "[None]"), slices) == [])
        #expect(try routes(slices) == [])
        #expect(try translated(service(), slice(endpoint("10.244.1.2"), endpoint("10.99.0.7", on: "n2"))).routes == [])
    }

    @Test func aNodeWithoutAnAddressOfTheFamilyIsNotedOnce() throws {
        let state = try translated(
            node("n1", podCIDRs: ["10.244.1.0/24"]),
            node("n2", addresses: ["192.168.0.2"], podCIDRs: ["10.244.2.0/24"]),
            service(clusterIPs: "[\"fd00::10\"]"),
            slice(type: "IPv6", endpoint("fd00:99::7", on: "n2"), endpoint("fd00:99::8", on: "n2")))
        #expect(
            state.notes.map(\.message) == [
                "no routes to the IPv6 pods of node 'n2': it has no IPv6 InternalIP"
            ])
    }

    @Test func ofMoreStraysThanTheTableHasRoomForTheFirstHaveRoutes() throws {
        let services = (0..<11).flatMap { number in
            let members = (0..<3700).map { endpoint("10.\(100 + number).\($0 / 250).\($0 % 250 + 1)", on: "n2") }
            return [
                service("s\(number)", clusterIPs: "[10.96.1.\(number + 1)]"),
                slice(name: "s\(number)", of: "s\(number)").replacing(
                    "endpoints: []", with: "endpoints: [\(members.joined(separator: ", "))]"),
            ]
        }
        let state = try translated(([Self.nodes] + services).joined(separator: "\n---\n"))
        #expect(state.routes.filter(\.prefix.isHost).count == 40_000 + 4)
        #expect(
            state.notes.map(\.message).suffix(1) == [
                "no routes to 700 pods outside their nodes' podCIDRs: there is room for 40000"
            ])
    }
}
