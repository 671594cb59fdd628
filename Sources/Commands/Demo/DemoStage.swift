// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Lab
import LinuxSystem
import Synchronization

/// The lab of the demo, its servers, and the dataplanes on its nodes; ends with everything taken away.
final class DemoStage {
    static let service = "demo/echo"
    static let servicePort: UInt16 = 80
    static let serverPort: UInt16 = 8080
    /// Served by the second node's pod alone, and reached through the first node.
    static let outsideService = "demo/outside"
    static let nodePort: UInt16 = 30080

    let lab: Lab
    private let context: CommandContext
    private let signals: SignalWatcher
    private var servers: [ChildProcess] = []

    /// Builds the lab.
    init(_ context: CommandContext) throws {
        self.context = context
        signals = try SignalWatcher()
        context.note("building two nodes with pods")
        lab = try Lab.build(LabPlan(nodeCount: 2, podsPerNode: 2))
    }

    /// The address that clients connect to.
    static func address(_ family: AddressFamily) -> Endpoint {
        switch family {
        case .v4: Endpoint(address: .v4(0x0a60_000a), port: servicePort)
        case .v6: Endpoint(address: .v6(high: 0xfd00_0096 << 32, low: 10), port: servicePort)
        }
    }

    /// The whole play.
    ///
    /// - Parameter start: on the monotonic clock, for the time it took.
    func perform(since start: UInt64) throws -> DemoPage {
        try startServers()
        context.note("enabling the dataplane on both nodes")
        try enable(returning: ways[0])
        try onEveryNode(["service", "set", Self.service] + serviceWords)
        try onEveryNode(["service", "set", Self.outsideService] + outsideWords)
        context.note("sending requests")
        var traffic: [DemoTrafficRow] = []
        for scene in DemoScene.all(families: lab.families) {
            try checkpoint()
            traffic.append(try scene.play(on: lab))
        }
        var outside = try playOutside(returning: ways[0])
        for way in ways.dropFirst() {
            context.note("changing the way of replies to '\(way.rawValue)'")
            try enable(returning: way)
            outside += try playOutside(returning: way)
        }
        return try DemoPage(
            lab: lab, traffic: traffic, outside: outside, elapsed: .nanoseconds(MonotonicClock.nanoseconds - start))
    }

    /// The ways of replies to show, in this order.
    private var ways: [EnableOptions.ReturnPath] {
        let wanted = context.invocation.value("return").flatMap(EnableOptions.ReturnPath.init)
        return wanted.map { [$0] } ?? EnableOptions.ReturnPath.allCases
    }

    /// Puts the dataplane on the nodes, or upgrades it in place.
    private func enable(returning way: EnableOptions.ReturnPath) throws {
        try onEveryNode(["enable", "--forwarding", "direct", "--return", way.rawValue])
    }

    private func playOutside(returning way: EnableOptions.ReturnPath) throws -> [DemoOutsideRow] {
        try DemoOutsideScene.all(returning: way, families: lab.families).map { scene in
            try checkpoint()
            return try scene.play(on: lab)
        }
    }

    /// The servers: the first pod of each node.
    private func startServers() throws {
        for node in lab.nodes {
            try checkpoint()
            servers.append(try startServer(on: node.pods[0]))
        }
    }

    /// A server in a lab that is kept outlives this process.
    private func startServer(on pod: LabHost) throws -> ChildProcess {
        var command = LinuxSystem.Command(
            LinuxSystem.Command.ownExecutable, [LabProgram.serverWord, pod.name, "\(Self.serverPort)"])
        command.output = .pipe
        let isKept = context.invocation.flag("keep")
        command.diesWithParent = !isKept
        // Whoever reads this command's messages to their end must not wait for the server's end.
        if isKept { command.error = .null }
        let server = try pod.start(command)
        guard try server.readLine(until: context.deadline) != nil else {
            throw SystemError(.startProcess, "server on \(pod.name)", .timedOut)
        }
        return server
    }

    private var serviceWords: [String] {
        let addresses = lab.families.flatMap { family in
            TransportProtocol.allCases.map { FrontendAddress(endpoint: Self.address(family), transport: $0) }
        }
        let backends = lab.nodes.flatMap { $0.pods[0].addresses }.map { Endpoint(address: $0, port: Self.serverPort) }
        return addresses.flatMap { ["--vip", "\($0)"] } + backends.flatMap { ["--backend", "\($0)"] }
    }

    private var outsideWords: [String] {
        let backends = lab.nodes[1].pods[0].addresses.map { Endpoint(address: $0, port: Self.serverPort) }
        return TransportProtocol.allCases.flatMap { ["--node-port", "\(Self.nodePort)/\($0)"] }
            + backends.flatMap { ["--backend", "\($0)"] }
    }

    /// Runs a command of this tool on all nodes at a time, as an operator would on each.
    private func onEveryNode(_ words: [String]) throws {
        try checkpoint()
        let running = try lab.nodes.map { node in
            var command = LinuxSystem.Command(LinuxSystem.Command.ownExecutable, words + node.locationWords)
            command.output = .pipe
            command.error = .pipe
            return (node, try node.host.start(command))
        }
        for (node, process) in running {
            let result = try process.collect(until: Deadline(after: patience))
            guard result.status.isSuccess else {
                try checkpoint()
                throw CommandError.stepFailed(FailedStep(words: words, place: node.host.name, result))
            }
        }
    }

    /// A busy machine takes its time to verify two nodes' programs.
    private var patience: Duration {
        context.invocation.value(GlobalOption.timeout.name) == nil ? .seconds(120) : context.timeout
    }

    /// Ends the play where a signal has arrived.
    private func checkpoint() throws {
        if try signals.next() != nil { throw CommandError.interrupted }
    }

    /// Takes everything away, the dataplanes as an operator would.
    func strike() throws {
        context.note("taking everything away")
        try onEveryNode(["disable"])
        servers = []
        if let problem = lab.remove().first { throw problem }
    }

    /// Leaves the lab and its servers standing.
    func keep() throws {
        try lab.keep()
        Self.kept.withLock { $0 += servers }
    }

    /// What must not end with the stage; a server ends with the last reference to it.
    private static let kept = Mutex<[ChildProcess]>([])

    /// How to look around in a lab that is kept.
    var tour: [String] {
        let node = lab.nodes[0]
        let tool = context.surroundings.toolWord
        let location = node.locationWords.joined(separator: " ")
        // Not `ip netns exec`, which hides the cgroups.
        func inside(_ host: LabHost) -> String { "nsenter --net=/run/netns/\(host.namespaceName)" }
        let onNode = "\(inside(node.host)) \(tool)"
        func request(_ address: IPAddress, _ port: UInt16) -> String {
            "bash -c 'exec 3<>/dev/tcp/\(address)/\(port); echo >&3; head -n 1 <&3'"
        }
        return [
            "the lab '\(lab.name)' stays; look around with",
            "  \(onNode) status \(location)", "  \(onNode) conntrack list \(location)",
            "  \(inside(node.pods[1])) \(request(Self.address(.v4).address, Self.servicePort))",
            "  \(inside(lab.client)) \(request(LabPlan.node(1, .v4).address, Self.nodePort))",
            "and take it away with", "  \(tool) demo --clean \(lab.name)",
        ]
    }
}

extension LabNode {
    var location: DataplaneLocation { DataplaneLocation(bpffs: bpffs, cgroup: cgroup.path) }

    /// The location as global options.
    var locationWords: [String] {
        [GlobalOption.bpffs.longForm, bpffs, GlobalOption.cgroup.longForm, cgroup.path]
    }
}
