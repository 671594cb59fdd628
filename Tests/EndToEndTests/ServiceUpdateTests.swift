// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    @Suite(.sharedLab) struct ServiceUpdateTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        @Test func noConnectionFailsWhileItsServiceChangesAHundredTimes() throws {
            try lab.succeed(HandmadeLab.enableWords)
            try change(to: [.pod2, .pod3])
            var tallies = [false: LabTally(), true: LabTally()]
            var changes = 0
            while changes < 100 {
                let clients = try [false, true].map { isOutside in
                    (isOutside, try lab.start(client, on: .pod1, outsideCgroup: isOutside))
                }
                repeat {
                    try change(to: changes % 2 == 0 ? [.pod3, .remote] : [.pod2, .pod3])
                    changes += 1
                } while clients.contains { $0.1.status == nil }
                for (isOutside, client) in clients { tallies[isOutside]?.merge(try lab.collect(client)) }
            }
            for (isOutside, tally) in tallies {
                #expect(
                    tally.isSpread(over: .pod2, .pod3, .remote, times: tally.answered),
                    "\(isOutside ? "outside" : "inside") the cgroup: \(tally.answers) \(tally.failures)")
                #expect(tally.answered >= 200)
            }
            try lab.succeed("disable")
        }

        /// Connects anew for a second and a half.
        private var client: Command {
            Command(Tool.path, [LabProgram.clientWord, "tcp", "10.96.0.10:80", "1000000", "fresh", "5000", "1500"])
        }

        private func change(to servers: [HandmadeLab.Machine]) throws {
            let backends = servers.flatMap { ["--backend", HandmadeLab.backend(on: $0)] }
            try lab.succeed(["service", "set", "default/web", "--vip", "10.96.0.10:80/tcp"] + backends)
        }
    }
}
