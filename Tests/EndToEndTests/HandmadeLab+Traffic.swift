// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

/// What a client asks.
struct Traffic {
    /// `10.96.0.10:80`
    var target: String
    var transport = "tcp"
    var times = 20
    var manner = LabRequest.Manner.fresh
    /// For one request, in milliseconds: long enough for a busy machine, short enough for what is lost on purpose.
    var timeout = 5000

    init(
        _ transport: String = "tcp", to target: String, times: Int = 20, manner: LabRequest.Manner = .fresh,
        timeout: Int = 5000
    ) {
        self.target = target
        self.transport = transport
        self.times = times
        self.manner = manner
        self.timeout = timeout
    }

    var command: Command {
        Command(
            Tool.path, [LabProgram.clientWord, transport, target, "\(times)", manner.rawValue, "\(timeout)", "0"])
    }
}

extension HandmadeLab {
    /// Asks and waits for all answers.
    func ask(_ traffic: Traffic, from machine: Machine = .pod1, outsideCgroup: Bool = false) throws -> LabTally {
        try collect(start(traffic.command, on: machine, outsideCgroup: outsideCgroup))
    }

    /// Waits for the end of a client.
    func collect(_ client: ChildProcess) throws -> LabTally {
        let result = try client.collect(limit: 16 << 20, until: Deadline(after: Tool.patience))
        try #require(result.status.isSuccess, "\(result.outcome)")
        return try #require(LabTally(lines: result.text.split(separator: "\n").map(String.init)))
    }
}

extension LabTally {
    /// Every one of the servers has answered, nobody else did, and no request failed.
    func isSpread(over servers: HandmadeLab.Machine..., times: Int) -> Bool {
        failures.isEmpty && answered == times && Set(answers.keys) == Set(servers.map(\.rawValue))
    }
}
