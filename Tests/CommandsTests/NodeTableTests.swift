// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// Maps, counters, neighbors, connect-time programs and the ends of a dataplane, on a node of their own.
@Suite(.needsKernel) struct NodeTableTests {
    private let tool: ToolNode

    init() throws {
        tool = try ToolNode()
    }

    private func enabled() throws {
        _ = try tool.output(of: ToolNode.enable)
    }

    private func items(_ line: String) throws -> [[String: Any]] {
        let data = Data(try tool.output(of: "\(line) -o json").utf8)
        let document = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        return try #require(document["items"] as? [[String: Any]])
    }

    /// The words that users of `calico-node -bpf` have in their fingers.
    @Test(arguments: [
        "nat dump", "conntrack dump", "routes dump", "arp dump", "ifstate dump", "counters dump", "connect-time clean",
        "cleanup",
    ])
    func aLineOfCalicoNodeWorksHere(line: String) throws {
        try enabled()
        #expect(try tool.run(line).code == .success)
    }

    @Test func everyMapIsListedWithWhatItHolds() throws {
        try enabled()
        _ = try tool.output(of: "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let maps = try items("map list")
        #expect(maps.count == MapName.all.count)
        let frontends = try #require(maps.first { $0["name"] as? String == "frontends_v4" })
        #expect(frontends["entries"] as? Int == 1)
        #expect(frontends["holds"] as? String == "virtual addresses and node ports, with the slots of their services")
        #expect((frontends["memoryBytes"] as? Int ?? 0) > 0)
        let header = try tool.output(of: "maps dump -4").split(separator: "\n")
        #expect(header.first?.split(separator: " ") == ["NAME", "TYPE", "ENTRIES", "SIZE", "FILL", "MEMORY"])
        #expect(header.allSatisfy { $0.count <= 100 })
        #expect(!header.contains { $0.contains("_v6") })
        #expect(header.contains { $0.hasPrefix("service_names ") })
    }

    @Test func countersAreNamedAndSetToZero() throws {
        try enabled()
        try tool.network.run {
            let map = try PerCPUCounters(directory: tool.directory)
            try map.count(.notService, packets: 3, bytes: 180)
            try map.count(.newConnection, packets: 1, bytes: 0)
        }
        // The kernel's own neighbour discovery may be counted beside them.
        let ours = ["not-service", "new-connection"]
        let planned = try tool.run("counter reset --dry-run")
        let wouldBe = planned.output.split(separator: "\n")
        #expect(ours.allSatisfy { wouldBe.contains("counter \($0) reset (dry run)") })
        #expect(planned.errors == "\(wouldBe.count) counters would be reset\n")
        let run = try tool.run("counter reset")
        let reset = run.output.split(separator: "\n")
        #expect(ours.allSatisfy { reset.contains("counter \($0) reset") })
        #expect(run.errors == "\(reset.count) counters reset\n")
        let listed = try items("counter list").filter { ours.contains($0["reason"] as? String ?? "") }
        #expect(listed.map { $0["packets"] as? Int } == [0, 0])
        #expect(listed.map { $0["bytes"] as? Int } == [0, 0])
        let again = try tool.run("counter reset").output
        #expect(!ours.contains { again.contains("counter \($0) reset") })
    }

    @Test func neighborsAreShownWithWhatTheRoutesSayTheyAre() throws {
        try enabled()
        _ = try tool.output(of: "route add 10.0.0.7/32 --host --via 10.0.0.7")
        let uplink = try tool.network.index(of: PrivateNode.uplinkName)
        let mac = MACAddress(local: 7)
        try tool.network.run {
            let socket = try NetlinkSocket()
            try socket.setNeighbour(try IPAddress("10.0.0.7"), macAddress: mac, on: uplink)
            try socket.setNeighbour(try IPAddress("fd00::9"), macAddress: mac, on: uplink)
            // Packets of ours never go there.
            try socket.setNeighbour(try IPAddress("127.0.0.9"), macAddress: mac, on: socket.index(of: "lo"))
        }
        #expect(
            try tool.output(of: "neighbor list -4") == """
                ADDRESS   INTERFACE  MAC                STATE      IS    ROUTE
                10.0.0.7  up0        02:eb:00:00:00:07  permanent  node  10.0.0.7/32

                """)
        let item = try #require(try items("arp dump -6").first { $0["address"] as? String == "fd00::9" })
        #expect(item["owner"] as? String == "host")
        #expect(item["route"] as? String == "fd00::/64")
        #expect(item["mac"] as? String == mac.description)
    }

    @Test func connectTimeProgramsAreShownDetachedAndAttached() throws {
        try enabled()
        let page = try tool.output(of: "connect-time status -4")
        #expect(page.hasPrefix("State:    attached\nMode:     all\nCgroup:   \(tool.cgroup.path)\nSockets:  0\n"))
        #expect(page.contains("  connect4               cgroup_inet4_connect      yes     yes       enable\n"))
        #expect(!page.contains("connect6"))
        let clean = try tool.output(of: "connect-time clean").split(separator: "\n")
        #expect(clean.count == 11)
        #expect(clean.first == "attachment connect4 deleted")
        #expect(try tool.output(of: "connect-time status").hasPrefix("State:    detached\n"))
        #expect(try tool.run("status").code == .failure)
        let again = try tool.run("connect-time detach")
        #expect(again.output == "")
        #expect(again.errors == "no connect-time program was attached\n")
        #expect(try tool.output(of: "connect-time attach").hasPrefix("attachment connect4 created\n"))
        #expect(try tool.output(of: "connect-time attach").hasPrefix("attachment connect4 unchanged\n"))
        #expect(try tool.run("status").code == .success)
    }

    @Test func connectTimeProgramsThatWouldDoNothingAreNotAttached() throws {
        _ = try tool.output(of: "\(ToolNode.enable) --connect-time off")
        #expect(try tool.output(of: "connect-time status").hasPrefix("State:    off\n"))
        let run = try tool.run("connect-time attach")
        #expect(run.code == .notSupported)
        #expect(
            run.errors == """
                ebpfctl: cannot attach connect-time programs: they are loaded for '--connect-time off' and would do \
                nothing
                hint: look at the options of 'enable' with 'ebpfctl status \(tool.location)', and repeat it with \
                '--connect-time all'

                """)
    }

    @Test func aProfileCountsTheRunsOfTheInterval() throws {
        try enabled()
        let header = try tool.output(of: "program profile --duration 10ms").split(separator: "\n")
        #expect(header.first?.split(separator: " ") == ["NAME", "RUNS", "RUNS/S", "NS/RUN", "CPU", "ON"])
        #expect(header.count == 1 + 21)
        #expect(header.allSatisfy { $0.count <= 100 })
        let pod = try #require(try items("program profile --duration 0s").first)
        #expect(pod["name"] as? String == "from_workload_v4")
        #expect(pod["interfaces"] as? [String] == ["pod0"])
        #expect(pod["runs"] as? Int == 0)
        #expect(pod["nanosecondsPerRun"] is NSNull)
    }

    @Test func aDrainWithoutConnectionsDisablesAtOnce() throws {
        try enabled()
        let planned = try tool.run("disable --drain 1h --dry-run")
        #expect(planned.errors == "0 connections are tracked and would be waited for\n")
        let run = try tool.run("disable --drain 1h")
        #expect(run.code == .success)
        #expect(run.output.hasSuffix("dataplane \(tool.directory) deleted\n"))
        #expect(run.errors == "nothing of it is left\n")
        #expect(try tool.run("disable --drain 1h").errors.hasPrefix("no dataplane was enabled under "))
    }

    @Test func aDrainOfNoDurationIsRefusedBeforeAnythingIsDone() throws {
        try enabled()
        let run = try tool.run("disable --drain soon")
        #expect(run.code == .usage)
        #expect(run.errors.hasPrefix("ebpfctl: option '--drain': invalid duration 'soon'"))
        #expect(try tool.run("status").code == .success)
    }

    @Test func cleanupTakesWhatIsOursAndNamesWhatIsNot() throws {
        try enabled()
        let foreign = "\(tool.directory)/maps/theirs"
        try RawMapPin.make(at: foreign)
        #expect(try tool.run("disable").code == .failure)
        let run = try tool.run("cleanup")
        #expect(run.code == .failure)
        #expect(run.output.hasSuffix("device ebpfctl deleted\ndataplane \(tool.directory) unchanged\n"))
        #expect(
            run.errors == """
                ebpfctl: cannot use the pin directory: '\(foreign)' is not ours
                hint: 'find \(foreign) -ls' shows what it is; move it away

                """)
        try Filesystem.removeFile(foreign)
        let rest = try tool.run("cleanup")
        #expect(rest.output == "dataplane \(tool.directory) deleted\n")
        #expect(rest.errors == "nothing of it is left\n")
        let nothing = try tool.run("cleanup")
        #expect(nothing.code == .success)
        #expect(nothing.output == "dataplane \(tool.directory) unchanged\n")
        #expect(nothing.errors == "nothing of this tool was found\n")
    }
}
