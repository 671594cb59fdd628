// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Foundation
import LinuxSystem
import Testing

@testable import Lab

extension Trait where Self == ConditionTrait {
    /// Skips without root, with a reason, unless `EBPFCTL_REQUIRE_KERNEL=1` wants a failure instead.
    static var needsRoot: Self {
        let isRequired = ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
        return .enabled(if: getuid() == 0 || isRequired, "needs root")
    }
}

func soon() -> Deadline { Deadline(after: .seconds(5)) }

@Suite(.needsRoot, .serialized) struct LabTests {
    @Test func theLabIsCompleteAndLeavesNothingBehind() throws {
        let lab = try Lab.build()
        let namespaces = try NetworkNamespace.names().filter { $0.hasPrefix("\(lab.name)-") }
        #expect(namespaces.count == 8)
        #expect(namespaces.sorted() == lab.hosts.map(\.namespaceName).sorted())
        let node = try #require(lab.nodes.first)
        #expect(try Filesystem.kind(node.bpffs) == .bpf)
        #expect(try Filesystem.kind(node.cgroup.path) == .cgroup2)
        #expect(node.workloadInterfaces.count == 2)
        #expect(lab.remove() == [])
        #expect(try remains(of: lab) == [])
        #expect(lab.remove() == [])
    }

    @Test func theEndOfTheValueTakesTheLabAway() throws {
        var lab: Lab? = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let name = try #require(lab?.name)
        #expect(LabRemains.all().contains(LabRemains(of: name)))
        lab = nil
        #expect(!LabRemains.all().contains(LabRemains(of: name)))
        #expect(try NetworkNamespace.names().allSatisfy { !$0.hasPrefix(name) })
    }

    @Test func aKeptLabStaysUntilItsRemainsAreRemoved() throws {
        var lab: Lab? = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 0))
        let remains = LabRemains(of: try #require(lab?.name))
        defer { _ = remains.remove() }
        #expect(!remains.isKept)
        // The lock is this very process's: the lab is in use.
        #expect(!remains.isAbandoned)
        try lab?.keep()
        lab = nil
        #expect(remains.isKept && !remains.isAbandoned)
        #expect(LabRemains.all().contains(remains))
        #expect(remains.remove() == [])
        #expect(!LabRemains.all().contains(remains))
    }

    @Test func aLabWhoseBuilderDiedIsTakenAwayByTheNext() throws {
        let remains = LabRemains(of: "ebdead\(UInt16.random(in: 0 ... .max))")
        defer { _ = remains.remove() }
        _ = try NetworkNamespace.create(named: "\(remains.name)-n1")
        try Filesystem.makeDirectories(remains.directory)
        try Filesystem.write("", to: remains.lock, creating: true)
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 0))
        #expect(!LabRemains.all().contains(remains))
        #expect(try !NetworkNamespace.names().contains("\(remains.name)-n1"))
        #expect(lab.remove() == [])
    }

    @Test func programsOfTheLabEndWithIt() throws {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let pod = try #require(lab.nodes.first?.pods.first)
        var command = Command("/bin/sh", ["-c", "cat /proc/self/cgroup; setsid sleep 1000 & sleep 1000"])
        command.output = .pipe
        let child = try pod.start(command)
        let cgroup = try #require(pod.cgroup).path
        var line = try child.readLine(until: soon())
        while let words = line, !words.hasPrefix("0::") { line = try child.readLine(until: soon()) }
        #expect(line.map { cgroup.hasSuffix($0.dropFirst("0::".count)) } == true)
        #expect(lab.remove() == [])
        #expect(try child.wait(until: soon()) == .killed(signal: SIGKILL))
        #expect(!Filesystem.exists(cgroup))
    }

    @Test func aProgramOutsideTheCgroupIsStillInTheNamespace() throws {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let pod = try #require(lab.nodes.first?.pods.first)
        let command = Command("/bin/sh", ["-c", "readlink /proc/self/ns/net; cat /proc/self/cgroup"])
        let text = try pod.run(command, outsideCgroup: true, until: soon()).text
        #expect(text.hasPrefix("net:[\(pod.namespace.inode)]\n"))
        #expect(!text.contains(lab.name))
        #expect(try pod.run(command, until: soon()).text.contains(lab.name))
    }

    @Test func serversAndClientsAreStartedThroughTheExecutable() throws {
        let lab = try Lab.build(LabPlan(nodeCount: 1, podsPerNode: 1))
        let pod = try #require(lab.nodes.first?.pods.first)
        let program = "/tmp/\(lab.name).sh"
        let script = """
            #!/bin/sh
            case $1 in
            __lab-server) [ "$3" = 8080 ] && echo ready && exec sleep 1000 ;;
            __lab-client) echo "answer n1p1 $4"; echo "failure $2-$3 1"; echo latencies 7 ;;
            esac
            """
        // By a process of its own: what another test starts meanwhile would hold a file of ours open, and so keep it from
        // being run (ETXTBSY).
        var writer = Command("/bin/sh", ["-c", "cat >$1 && chmod 755 $1", "sh", program])
        writer.input = .bytes(Array(script.utf8))
        defer { try? Filesystem.removeFile(program) }
        try #require(writer.run(until: Deadline(after: .seconds(10))).status.isSuccess)
        let server = try pod.startServer(port: 8080, executable: program)
        #expect(server.status == nil)
        let error = #expect(throws: SystemError.self) { try pod.startServer(port: 1, executable: program) }
        #expect(error == SystemError(.startProcess, "server on n1p1", .timedOut))
        let tally = try pod.ask(LabRequest(.udp, try Endpoint("10.0.0.1:53"), count: 5), executable: program)
        #expect(tally.answers == ["n1p1": 5])
        #expect(tally.failures == ["udp-10.0.0.1:53": 1])
        #expect(tally.medianLatency == 7)
    }

    private func remains(of lab: Lab) throws -> [String] {
        let namespaces = try NetworkNamespace.names().filter { $0.hasPrefix(lab.name) }
        let mounts = try MountTable.current()
        let cgroup = "\(mounts.cgroup2 ?? "")/\(lab.name)"
        return namespaces + mounts.bpf.filter { $0.contains(lab.name) }
            + [cgroup, LabRemains(of: lab.name).directory].filter(Filesystem.exists)
    }
}
