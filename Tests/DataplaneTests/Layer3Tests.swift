// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CDataplaneABI
import DataplaneModel
import LinuxSystem
import TestSupport
import Testing

@testable import Dataplane

/// Uplinks whose packets begin with the IP header, such as tunnels and many mobile modems.
@Suite(.needsKernel) struct Layer3Tests {
    private func node(_ mechanism: AttachMechanism) throws -> (EnabledNode, EnableOptions) {
        let node = try EnabledNode()
        try node.network.addTUN("tun0")
        var options = EnabledNode.options(mechanism)
        options.uplinks = [PrivateNode.uplinkName, "tun0"]
        return (node, options)
    }

    private func programs(on interface: String, of node: EnabledNode) throws -> Set<String> {
        let index = try node.network.index(of: interface)
        let here = try node.attachments().filter {
            if case .interface(index, _, _) = $0.point { true } else { false }
        }
        return Set(here.map(\.program.pinName))
    }

    private let variants: Set = ["from_uplink_l3_v4", "to_uplink_l3_v4", "from_uplink_l3_v6", "to_uplink_l3_v6"]

    private func pins(_ node: EnabledNode) throws -> Set<String> { Set(try Filesystem.list(node.live.programs)) }

    @Test(arguments: mechanisms) func anUplinkWithoutEthernetHeaderGetsTheVariants(mechanism: AttachMechanism) throws {
        let (node, options) = try node(mechanism)
        try node.enable(options)
        #expect(try programs(on: "tun0", of: node) == variants)
        #expect(
            try programs(on: PrivateNode.uplinkName, of: node) == [
                "from_uplink_v4", "to_uplink_v4", "from_uplink_v6", "to_uplink_v6",
            ])
        for program in DataplaneProgram.known where program.name == "from_uplink" {
            let flags = try #require(try LoadedConstants.config(of: program, in: node.live)).flags
            #expect((flags & CONFIG_NO_ETHERNET.rawValue != 0) == program.layer3)
        }
        let status = try node.network.run { try Dataplane(at: node.location, .reading).status() }
        #expect(!status.isDegraded)
        #expect(try node.enable(options).changes.count == 1)
        let objects = node.pinned()
        try node.disable()
        try node.expectNothingLeft(of: objects)
    }

    @Test(arguments: mechanisms) func withTheLastSuchUplinkTheVariantsGo(mechanism: AttachMechanism) throws {
        let (node, options) = try node(mechanism)
        try node.enable(options)
        try node.network.removeLink("tun0")
        var fewer = options
        fewer.uplinks = [PrivateNode.uplinkName]
        try node.enable(fewer)
        #expect(try pins(node).isDisjoint(with: variants))
        #expect(try node.attachments().count == 21)
        try node.network.addTUN("tun0")
        try node.enable(options)
        #expect(try programs(on: "tun0", of: node) == variants)
    }

    @Test func whereNoUplinkNeedsThemTheVariantsAreNotLoaded() throws {
        let node = try EnabledNode()
        try node.enable()
        #expect(try pins(node).isDisjoint(with: variants))
    }

    /// It would read addresses where there are none.
    @Test func aProgramForTheOtherKindOfDeviceIsRefused() throws {
        let (node, options) = try node(.preferred)
        try node.enable(options)
        let (tunnel, uplink) = (
            try node.network.index(of: "tun0"), try node.network.index(of: PrivateNode.uplinkName)
        )
        let attempts: [(String, UInt32, String, DataplaneError)] = [
            (
                "from_uplink_v4", tunnel, "tun0",
                .wrongHeader(program: "from_uplink_v4", interface: "tun0", instead: "from_uplink_l3_v4")
            ),
            (
                "from_uplink_l3_v4", uplink, "up0",
                .wrongHeader(program: "from_uplink_l3_v4", interface: "up0", instead: "from_uplink_v4")
            ),
            (
                "from_workload_v4", tunnel, "tun0",
                .wrongHeader(program: "from_workload_v4", interface: "tun0", instead: nil)
            ),
        ]
        for (name, index, interface, refusal) in attempts {
            let program = try #require(DataplaneProgram.named(name).first)
            #expect(throws: refusal) {
                try node.network.run {
                    let dataplane = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5))))
                    _ = try dataplane.attach(program, interface: index, named: interface, .ingress)
                }
            }
        }
    }

    /// What an operator attached by hand keeps its program, whatever the uplinks are.
    @Test func aVariantThatWasAttachedByHandStaysLoaded() throws {
        let (node, options) = try node(.preferred)
        try node.network.addTUN("tun1")
        try node.enable(options)
        let program = try #require(DataplaneProgram.named("from_uplink_l3_v4").first)
        let index = try node.network.index(of: "tun1")
        try node.network.run {
            let dataplane = try Dataplane(at: node.location, .writing(until: Deadline(after: .seconds(5))))
            _ = try dataplane.attach(program, interface: index, named: "tun1", .ingress)
        }
        var fewer = options
        fewer.uplinks = [PrivateNode.uplinkName]
        try node.enable(fewer, version: "2")
        #expect(try pins(node).isSuperset(of: variants))
        #expect(try programs(on: "tun1", of: node) == ["from_uplink_l3_v4"])
        #expect(try programs(on: "tun0", of: node) == [])
    }

    @Test func aNameWithoutFamilyStandsForBoth() {
        #expect(DataplaneProgram.named("from_uplink").map(\.pinName) == ["from_uplink_v4", "from_uplink_v6"])
        #expect(
            DataplaneProgram.named("from_uplink_l3").map(\.pinName) == ["from_uplink_l3_v4", "from_uplink_l3_v6"])
        #expect(DataplaneProgram.named("to_uplink_l3_v6").map(\.pinName) == ["to_uplink_l3_v6"])
    }
}
