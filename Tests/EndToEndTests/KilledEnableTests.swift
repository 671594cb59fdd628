// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// `kill -9` at moments spread over the whole run of an `enable`.
    @Suite(.sharedLab) struct KilledEnableTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        @Test func aKilledInstallationHarmsNoTrafficAndIsPutRight() throws {
            let before = try NodeTraces(of: lab)
            let whole = try duration(of: HandmadeLab.enableWords)
            try lab.succeed("disable")
            for moment in 0..<12 {
                let words = HandmadeLab.enableWords
                try kill(words, after: whole * moment / 12)
                try expectPlainTraffic(after: moment)
                if moment % 2 == 0 {
                    try lab.succeed(HandmadeLab.enableWords)
                    #expect(try lab.tool("status").status == .exited(0))
                    try expectPlainTraffic(after: moment)
                }
                try lab.succeed("disable")
                #expect(try NodeTraces(of: lab) == before, "killed at moment \(moment)")
            }
        }

        @Test func aKilledUpgradeServesOnAndIsPutRight() throws {
            let before = try NodeTraces(of: lab)
            try lab.succeed(HandmadeLab.enableWords)
            try defineService()
            let upgrades = [["--connect-time", "tcp"], ["--map-size", "service_names=512"], ["--ipv4"]]
            let whole = try duration(of: HandmadeLab.enableWords + upgrades[0])
            for moment in 0..<13 {
                try kill(HandmadeLab.enableWords + upgrades[(moment + 1) % 3], after: whole * moment / 13)
                try expectPlainTraffic(after: moment)
                try expectService(after: moment)
                if moment % 2 == 0 {
                    try lab.succeed(HandmadeLab.enableWords)
                    #expect(try lab.tool("status").status == .exited(0), "killed at moment \(moment)")
                } else {
                    let objects = try KernelObjects(of: lab)
                    try lab.succeed("disable")
                    #expect(try NodeTraces(of: lab) == before, "killed at moment \(moment)")
                    #expect(try objects.vanish())
                    try lab.succeed(HandmadeLab.enableWords)
                    try defineService()
                }
                try expectService(after: moment)
            }
            try lab.succeed("disable")
            #expect(try NodeTraces(of: lab) == before)
        }

        private func duration(of words: [String]) throws -> Duration {
            try ContinuousClock().measure { try lab.succeed(words) }
        }

        /// Kills unless it has ended by itself, which the last moments may see.
        private func kill(_ words: [String], after delay: Duration) throws {
            let process = try lab.startTool(words)
            _ = try process.wait(until: Deadline(after: delay))
            process.kill()
        }

        private func defineService() throws {
            try lab.succeed(
                "service", "set", "default/web", "--vip", "10.96.0.10:80/tcp", "--backend", "10.1.0.2:8080",
                "--backend", "10.1.0.3:8080")
        }

        private func expectPlainTraffic(after moment: Int) throws {
            for isIPv6 in [false, true] {
                let target = HandmadeLab.backend(on: .pod2, isIPv6: isIPv6)
                let tally = try lab.ask(Traffic(to: target, times: 3))
                #expect(tally.isSpread(over: .pod2, times: 3), "killed at moment \(moment): \(tally)")
            }
        }

        private func expectService(after moment: Int) throws {
            for isOutside in [false, true] {
                let tally = try lab.ask(Traffic(to: "10.96.0.10:80", times: 3), outsideCgroup: isOutside)
                #expect(tally.answered == 3 && tally.failed == 0, "killed at moment \(moment): \(tally)")
            }
        }
    }
}
