// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Foundation
import LinuxSystem
import Rendering
import TestSupport
import Testing

@testable import Commands

/// Options of `enable` that come from a file.
@Suite struct EnableConfigurationTests {
    private let file = TemporaryFile()

    private static let whole = """
        uplink: [eth0, eth1]
        workload: cali*
        node-address: [10.0.0.5]
        node-port-range: 31000-31999
        source-port-range: 40000-49999
        connect-time: off
        forwarding: stack
        return: dsr
        no-dsr: [10.9.0.0/16, "fd00::/8"]
        overlay-port: 4790
        source-check: strict
        map-size: {connections: 5000, slots_v6: 70}
        ipv4: true

        """

    private static let line = """
        enable -4 --uplink eth0 --uplink eth1 --workload cali* --node-address 10.0.0.5 --node-port-range 31000-31999 \
        --source-port-range 40000-49999 --connect-time off --forwarding stack --return dsr --no-dsr 10.9.0.0/16 \
        --no-dsr fd00::/8 --overlay-port 4790 --source-check strict --map-size connections=5000 --map-size slots_v6=70
        """

    private func context(_ line: String) throws -> CommandContext {
        let words = line.split(separator: " ").map(String.init)
        guard case .run(let invocation) = try Tool.table.parse(words) else { throw NotACommand() }
        return try CommandContext(
            invocation, in: Surroundings(output: MemorySink(), errors: MemorySink(), capabilities: ToolRun.everything))
    }

    private struct NotACommand: Error {}

    /// What `enable` does with a file and a line.
    private func options(_ text: String, _ line: String = "enable") throws -> EnableOptions {
        try file.write(text)
        return try EnableWords.options(of: try context("\(line) --config \(file.path)").addingConfiguration())
    }

    @Test func aFileSaysWhatALineSays() throws {
        let expected = try EnableWords.options(of: try context(Self.line))
        #expect(expected.mapSizes == ["connections": 5000, "slots_v6": 70])
        #expect(try options(Self.whole) == expected)
        let json = #"{"return": "dsr", "overlay-port": 4790, "map-size": ["connections=5000"], "ipv6": false}"#
        let short = "enable --return dsr --overlay-port 4790 --map-size connections=5000"
        #expect(try options(json) == EnableWords.options(of: try context(short)))
        #expect(try options("{}") == EnableOptions())
        #expect(try options("apiVersion: ebpfctl/v1\nkind: EnableConfiguration\nreturn: dsr\n").returnPath == .dsr)
    }

    @Test func whatIsTypedWinsOverTheFile() throws {
        let mixed = try options(Self.whole, "enable --uplink up0 --return tunnel -6")
        #expect(mixed.uplinks == ["up0"])
        #expect(mixed.returnPath == .tunnel)
        #expect(mixed.families == [.v6])
        #expect(mixed.overlayPort == 4790)
    }

    @Test(arguments: [
        ("uplinks: [eth0]", "'1:1': unknown key 'uplinks': must be uplink, workload, node-address, "),
        ("kube-proxy: remove", "'1:1': unknown key 'kube-proxy': must be uplink, workload, node-address, "),
        ("return: dsr\nmap-size:\n- conntrack=5", "'3:3': 'map-size': no map 'conntrack' can be sized: must be "),
        ("map-size: {connections: 0}", "'1:12': 'map-size': invalid number '0': must be 1…268435456"),
        ("return: back", "'1:9': invalid 'return' 'back': must be tunnel or dsr"),
        ("node-address: 10.0.0.300", "'1:15': 'node-address': invalid address '10.0.0.300': not an IPv4 or IPv6"),
        ("overlay-port: {}", "'1:15': 'overlay-port' must be a string"),
        ("uplink: [[eth0]]", "'1:10': 'uplink' must be a string"),
        ("ipv4: sometimes", "'1:7': 'ipv4' must be true or false"),
        ("ipv4: true\nipv6: true", "'2:7': 'ipv6' must be null, or absent, beside 'ipv4'"),
        ("dry-run: true", "'1:1': unknown key 'dry-run': must be "),
        ("- uplink", "'1:1': it must be an object"),
        ("return: dsr\n---\nreturn: tunnel", "'3:1': only one document may be in it"),
        ("apiVersion: ebpfctl/v1\nkind: ServiceList", "'1:1': it is of apiVersion 'ebpfctl/v1' and kind 'ServiceList'"),
    ])
    func aMistakeIsNamedByItsPlace(text: String, message: String) throws {
        try file.write(text)
        let run = ToolRun("enable --config \(file.path)", capabilities: CapabilitySet(bits: 0))
        #expect(run.code == .usage)
        let place = message.replacingOccurrences(of: "'1:", with: "'\(file.path):1:")
            .replacingOccurrences(of: "'2:", with: "'\(file.path):2:")
            .replacingOccurrences(of: "'3:", with: "'\(file.path):3:")
        #expect(run.errors.hasPrefix("ebpfctl: cannot read \(place)"), "\(run.errors)")
    }

    @Test(.needsKernel) func whatEnablePrintsIsAConfiguration() throws {
        let tool = try ToolNode()
        let line = "\(ToolNode.enable) --map-size connections=256 --return dsr --no-dsr 10.9.0.0/16 --dry-run -o yaml"
        let planned = try tool.output(of: line)
        #expect(
            planned.contains(
                """
                configuration:
                  uplink:
                  - up0
                  workload:
                  - pod*
                  forwarding: direct
                  return: dsr
                  no-dsr:
                  - 10.9.0.0/16
                  map-size:
                  - connections=256
                  bpffs: \(tool.bpffs.path)
                  cgroup: \(tool.cgroup.path)

                """), "\(planned)")
        try file.write(planned)
        _ = try tool.network.run { ToolRun("enable --config \(file.path)") }
        let status = try tool.output(of: "status -o yaml")
        #expect(
            status.contains(
                """
                - "--return=dsr"
                - "--no-dsr=10.9.0.0/16"
                - "--map-size=connections=256"

                """))
        #expect(try tool.network.run { ToolRun("enable --config \(file.path) -q").code } == .success)
    }
}
