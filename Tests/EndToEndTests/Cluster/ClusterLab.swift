// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Synchronization
import Testing

/// Two nodes with pods, a router and a client beyond it; each node has a dataplane of its own.
///
/// Servers of two kinds answer in the first pod of each node and on the nodes themselves.
final class ClusterLab: Sendable {
    enum Machine: String, Sendable, CaseIterable {
        case client
        case router
        case node1 = "n1"
        case node2 = "n2"
        case server1 = "n1p1"
        case server2 = "n2p1"
        /// Pods that only ask.
        case pod1 = "n1p2"
        case pod2 = "n2p2"
    }

    enum Family: String, Sendable, CaseIterable, CustomTestStringConvertible {
        case v4 = "IPv4"
        case v6 = "IPv6"

        var testDescription: String { rawValue }
    }

    /// Of the servers that say who they are: see ``LabProgram``.
    static let serverPort = 8080
    /// Of those that return what they got: see ``PythonProgram/echoServer``.
    static let echoPort = 8081

    let lab: Lab
    /// The options of the last `enable`.
    private let options = Mutex<[String]?>(nil)
    private let isServed = Mutex(false)
    private let servers = Mutex<[ChildProcess]>([])

    init() throws {
        lab = try Lab.build(LabPlan(nodeCount: 2, podsPerNode: 2))
        for machine in [Machine.node1, .node2, .server1, .server2] { try startServers(on: machine) }
        try routeExternalAddresses()
        try unlimitErrors()
    }

    /// Takes everything away; the servers end with it.
    func remove() {
        for problem in lab.remove() { Issue.record("cannot clean up: \(problem)") }
    }

    func host(_ machine: Machine) throws -> LabHost {
        try #require(lab.hosts.first { $0.name == machine.rawValue })
    }

    /// Without brackets.
    func address(of machine: Machine, _ family: Family) throws -> String {
        let texts = try host(machine).addresses.map { "\($0)" }
        return try #require(texts.first { $0.contains(":") == (family == .v6) })
    }

    /// Starts a program with its output collected, in a machine and unless told otherwise in its cgroup.
    func start(_ command: Command, on machine: Machine, outsideCgroup: Bool = false) throws -> ChildProcess {
        var command = command
        command.output = .pipe
        command.error = .pipe
        // A thread of the tests may end long before the program is to.
        command.diesWithParent = false
        return try host(machine).start(command, outsideCgroup: outsideCgroup)
    }

    /// Runs a line of sh(1) with the machine's network, which must succeed.
    @discardableResult
    func shell(_ line: String, on machine: Machine) throws -> String {
        let result = try start(Command("/bin/sh", ["-euc", line]), on: machine)
            .collect(until: Deadline(after: Tool.patience))
        try #require(result.status.isSuccess, "\(line): \(result.outcome)")
        return result.text
    }

    private func startServers(on machine: Machine) throws {
        for command in [
            Command(Tool.path, [LabProgram.serverWord, machine.rawValue, "\(Self.serverPort)"]),
            PythonProgram.echoServer.command("\(Self.echoPort)"),
        ] {
            let server = try start(command, on: machine)
            let line = try server.readLine(until: Deadline(after: Tool.patience))
            try #require(line == "ready", "no server on \(machine)")
            servers.withLock { $0.append(server) }
        }
    }

    /// The first node is where packets to external addresses of services go.
    private func routeExternalAddresses() throws {
        let gateways = try Family.allCases.map { try address(of: .node1, $0) }
        try shell(
            "ip route add 198.51.100.0/24 via \(gateways[0]); ip -6 route add 2001:db8:100::/64 via \(gateways[1])",
            on: .router)
    }
}

extension ClusterLab {
    static let nodes = [Machine.node1, .node2]

    private func startTool(_ words: [String], on node: Machine) throws -> ChildProcess {
        let node = try #require(lab.nodes.first { $0.host.name == node.rawValue })
        let location = ["--bpffs", node.bpffs, "--cgroup", node.cgroup.path]
        return try start(Command(Tool.path, words + location), on: node.number == 1 ? .node1 : .node2)
    }

    /// Runs the tool on one node.
    func tool(_ words: [String], on node: Machine) throws -> ProcessOutput {
        try startTool(words, on: node).collect(limit: 64 << 20, until: Deadline(after: Tool.patience))
    }

    /// Runs the tool on one node, where it must succeed.
    @discardableResult
    func succeed(
        _ words: String..., on node: Machine, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ProcessOutput {
        let result = try tool(words, on: node)
        try #require(result.status.isSuccess, "\(words): \(result.outcome)", sourceLocation: sourceLocation)
        return result
    }

    /// Runs the tool on all nodes at a time, where it must succeed.
    func everywhere(_ words: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let running = try Self.nodes.map { try startTool(words, on: $0) }
        for process in running {
            let result = try process.collect(until: Deadline(after: Tool.patience))
            try #require(result.status.isSuccess, "\(words): \(result.outcome)", sourceLocation: sourceLocation)
        }
    }

    /// Enables the dataplane on all nodes, unless these were the options of the last time.
    func enable(_ words: String...) throws {
        guard options.withLock({ $0 }) != words else { return }
        options.withLock { $0 = nil }
        // Small maps are made faster.
        let sizes = ["connections=65536", "sockets=8192", "slots=65536", "frontends=1024"].filter { size in
            !words.contains { $0.hasPrefix(size.prefix { $0 != "=" }) }
        }
        let forwarding = words.contains("--forwarding") ? [] : ["--forwarding", "direct"]
        try everywhere(["enable"] + sizes.flatMap { ["--map-size", $0] } + forwarding + words)
        options.withLock { $0 = words }
    }

    func disable() throws {
        options.withLock { $0 = nil }
        isServed.withLock { $0 = false }
        try everywhere(["disable"])
    }

    /// Defines the services of ``Served``, which stay as long as the dataplanes do.
    func defineServedOnce() throws {
        guard !isServed.withLock({ $0 }) else { return }
        try defineServed()
        isServed.withLock { $0 = true }
    }

    /// Creates or replaces a service on all nodes.
    func define(
        _ name: String, _ words: [String], backends: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let words = ["service", "set", "default/\(name)"] + words + backends.flatMap { ["--backend", $0] }
        try everywhere(words, sourceLocation: sourceLocation)
    }

    /// The endpoints of servers.
    func backends(
        _ machines: Machine..., port: Int = serverPort, families: [Family] = Family.allCases
    ) throws -> [String] {
        try machines.flatMap { machine in
            try families.map { endpoint(try address(of: machine, $0), port) }
        }
    }

    /// Packets counted by a program's exit on one node.
    func packets(_ reason: String, on node: Machine) throws -> Int {
        let readings = try succeed("counter", "list", "-o", "json", on: node).items()
        return try #require(readings.first { $0["reason"] as? String == reason }?["packets"] as? Int)
    }
}

/// As options and requests write it: `[fd00::1]:80`.
func endpoint(_ address: String, _ port: Int) -> String {
    address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
}
