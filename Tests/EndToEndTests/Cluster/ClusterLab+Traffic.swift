// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension ClusterLab {
    /// Asks and waits for all answers.
    func ask(_ traffic: Traffic, from machine: Machine = .client, outsideCgroup: Bool = false) throws -> LabTally {
        try collect(start(traffic.command, on: machine, outsideCgroup: outsideCgroup))
    }

    /// Waits for the end of a client.
    func collect(_ client: ChildProcess) throws -> LabTally {
        let result = try client.collect(limit: 16 << 20, until: Deadline(after: Tool.patience))
        try #require(result.status.isSuccess, "\(result.outcome)")
        return try #require(LabTally(lines: result.text.split(separator: "\n").map(String.init)))
    }

    /// Starts a client outside, or in a pod outside its cgroup, that goes on asking for a while.
    func startAsking(
        _ transport: String, _ target: String, for duration: Duration, manner: LabRequest.Manner,
        from machine: Machine = .client, outsideCgroup: Bool = false, timeout: Int = 5000
    ) throws -> ChildProcess {
        var command = Traffic(transport, to: target, times: 10_000_000, manner: manner, timeout: timeout).command
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        command.arguments[command.arguments.count - 1] = "\(milliseconds)"
        return try start(command, on: machine, outsideCgroup: outsideCgroup)
    }

    func hasConnection(of service: String, on node: Machine) throws -> Bool {
        try !succeed("conntrack", "list", "--service", service, "-o", "name", on: node).text.isEmpty
    }

    /// A node port as one sees it from elsewhere.
    func nodePort(_ port: Int, on node: Machine = .node1, _ family: Family = .v4) throws -> String {
        endpoint(try address(of: node, family), port)
    }
}

extension LabTally {
    /// Every one of the servers has answered, nobody else did, and no request failed.
    func isAnswered(by servers: ClusterLab.Machine..., times: Int) -> Bool {
        failures.isEmpty && answered == times && Set(answers.keys) == Set(servers.map(\.rawValue))
    }
}
