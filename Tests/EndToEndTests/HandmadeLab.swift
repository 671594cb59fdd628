// SPDX-License-Identifier: Apache-2.0

import Foundation
import Lab
import LinuxSystem
import Testing

/// A node with three pods and a machine beyond its uplink, made with `ip` alone; servers answer in two of the pods
/// and in that machine.
final class HandmadeLab: Sendable {
    /// How the pods are connected to the node.
    enum Layout: String, Sendable, CaseIterable {
        /// Each by a veth with a host route, as the ptp plugin does it.
        case routed
        /// By the ports of a bridge, all in one subnet.
        case bridged
    }

    /// What has a network of its own.
    enum Machine: String, Sendable, CaseIterable {
        case node = "nd"
        case pod1 = "p1"
        case pod2 = "p2"
        case pod3 = "p3"
        case remote = "rm"
    }

    static let serverPort = 8080

    let name: String
    /// A bpffs of the lab's own.
    let bpffs: String
    /// Holds the processes of the pods and of the node, and stands for a node's root cgroup.
    let cgroup: String
    private let cleanup = Cleanup()

    init(_ layout: Layout = .routed) throws {
        name = "e2e\(UUID().uuidString.prefix(8).lowercased())"
        let directory = FileManager.default.temporaryDirectory.path + "/\(name)"
        bpffs = "\(directory)/bpf"
        cgroup = "\(directory)/cgroup/\(name)"
        do {
            try mount(below: directory)
            try makeMachines(layout)
            for server in [Machine.pod2, .pod3, .remote] { try startServer(on: server) }
        } catch {
            cleanup.run()
            throw error
        }
    }

    /// Takes everything away, the last made first.
    func remove() { cleanup.run() }

    /// The addresses of a machine, without a port: IPv4 and, as an endpoint needs it, IPv6 in brackets.
    static func address(of machine: Machine, isIPv6: Bool = false) -> String {
        let number = machine.rawValue.last?.wholeNumberValue
        guard let number else { return isIPv6 ? "[fd07::2]" : "192.168.7.2" }
        return isIPv6 ? "[fd10::\(number)]" : "10.1.0.\(number)"
    }

    static func backend(on machine: Machine, isIPv6: Bool = false) -> String {
        "\(address(of: machine, isIPv6: isIPv6)):\(serverPort)"
    }

    func namespace(_ machine: Machine) -> String { "\(name)-\(machine.rawValue)" }

    private func mount(below directory: String) throws {
        let (name, bpffs, cgroup) = (name, bpffs, cgroup)
        try Shell.run("mkdir \(directory) \(bpffs) \(directory)/cgroup")
        cleanup.add {
            try Shell.run("find \(directory) -xdev -maxdepth 1 -type f -delete")
            try Shell.run("rmdir \(bpffs) \(directory)/cgroup \(directory)")
        }
        try Shell.run("mount -t bpf bpf \(bpffs)")
        cleanup.add { try Shell.run("umount \(bpffs)") }
        try Shell.run("mount -t cgroup2 none \(directory)/cgroup")
        cleanup.add { try Shell.run("umount \(directory)/cgroup") }
        try Shell.run("mkdir \(cgroup)")
        cleanup.add { try Cgroup(at: cgroup).destroy(until: Deadline(after: .seconds(10))) }
        for machine in Machine.allCases {
            try Shell.run("ip netns add \(name)-\(machine.rawValue)")
            cleanup.add { try Shell.run("ip netns delete \(name)-\(machine.rawValue)") }
        }
    }
}

extension HandmadeLab {
    /// The options that say where this node's dataplane is.
    var location: [String] { ["--bpffs", bpffs, "--cgroup", cgroup] }

    /// The words of an `enable` for this lab; small maps are made faster.
    static let enableWords = [
        "enable", "--uplink", "eth0", "--workload", "h*", "--map-size", "connections=131072", "--map-size",
        "sockets=8192", "--map-size", "slots=4096", "--map-size", "frontends=1024",
    ]

    /// Runs the tool on the node, with ``location``.
    func tool(_ words: [String]) throws -> ProcessOutput {
        try startTool(words).collect(limit: 64 << 20, until: Deadline(after: Tool.patience))
    }

    func tool(_ words: String...) throws -> ProcessOutput { try tool(words) }

    /// Runs the tool, which must succeed.
    @discardableResult
    func succeed(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) throws -> ProcessOutput {
        let result = try tool(words)
        try #require(result.status.isSuccess, "\(words): \(result.outcome)", sourceLocation: sourceLocation)
        return result
    }

    @discardableResult
    func succeed(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> ProcessOutput {
        try succeed(words, sourceLocation: sourceLocation)
    }

    func startTool(_ words: [String]) throws -> ChildProcess {
        try start(Command(Tool.path, words + location), on: .node)
    }

    /// Starts a program with its output collected, in a machine and unless told otherwise in the node's cgroup.
    func start(_ command: Command, on machine: Machine, outsideCgroup: Bool = false) throws -> ChildProcess {
        var command = command
        command.output = .pipe
        command.error = .pipe
        // A thread of the tests may end long before the program is to.
        command.diesWithParent = false
        command.cgroup = outsideCgroup ? nil : cgroup
        return try command.start(in: NetworkNamespace(named: namespace(machine)))
    }

    private func startServer(on machine: Machine) throws {
        let command = Command(Tool.path, [LabProgram.serverWord, machine.rawValue, "\(Self.serverPort)"])
        let server = try start(command, on: machine)
        cleanup.add { server.kill() }
        let line = try server.readLine(until: Deadline(after: Tool.patience))
        try #require(line == "ready", "no server on \(machine)")
    }
}
