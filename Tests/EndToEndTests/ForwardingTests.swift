// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// How packets travel where somebody's policy filters what the node forwards, and where programs are missing.
    @Suite(.sharedLab) struct ForwardingTests {
        private let lab: HandmadeLab
        private let target = HandmadeLab.virtualAddress

        init() throws {
            lab = try .shared()
            try lab.serve()
            try lab.succeed(
                "service", "set", "default/echo", "--vip", "\(target)/tcp", "--backend",
                HandmadeLab.backend(on: .pod2))
        }

        /// Refuses what is forwarded to the second pod, as a network policy does.
        private func withPolicy(_ body: () throws -> Void) throws {
            let nft = "ip netns exec \(lab.namespace(.node)) nft"
            try Shell.run(
                """
                \(nft) 'add table ip guard; \
                add chain ip guard pods { type filter hook forward priority 0; }; \
                add rule ip guard pods ip daddr 10.1.0.2 drop'
                """)
            defer { #expect(throws: Never.self) { try Shell.run("\(nft) delete table ip guard") } }
            try body()
        }

        private func ask(times: Int, timeout: Int = 5000) throws -> LabTally {
            try lab.ask(Traffic(to: target, times: times, timeout: timeout), outsideCgroup: true)
        }

        @Test func forwardingThroughTheStackServesAndObeysThePolicy() throws {
            try lab.succeed(HandmadeLab.enableWords + ["--forwarding", "stack"])
            #expect(try ask(times: 10).answers == ["p2": 10])
            try withPolicy {
                let tally = try ask(times: 2, timeout: 300)
                #expect(tally.failures == ["ETIMEDOUT": 2] && tally.answers.isEmpty, "\(tally)")
            }
            #expect(try ask(times: 10).answers == ["p2": 10])
        }

        @Test func automaticForwardingGivesWayToAPolicyAndSaysWhy() throws {
            try withPolicy {
                let report = try lab.succeed(HandmadeLab.enableWords + ["-o", "json"]).object()
                #expect(report["forwarding"] as? String == "stack")
                #expect(
                    report["forwardingReason"] as? String
                        == "forwarded packets are filtered by nft ip guard/pods: drop")
                #expect(try ask(times: 2, timeout: 300).failures == ["ETIMEDOUT": 2])
            }
            let report = try lab.succeed(HandmadeLab.enableWords + ["-o", "json"]).object()
            #expect(report["forwarding"] as? String == "direct")
            #expect(try ask(times: 10).answers == ["p2": 10])
        }

        @Test func aPolicyThatAppearsUnderDirectForwardingDegradesTheStatus() throws {
            try lab.succeed(HandmadeLab.enableWords + ["--forwarding", "direct"])
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
            try withPolicy {
                let status = try lab.tool("status", "-q").outcome
                #expect(status == Outcome(1, "degraded\n"))
                let tally = try ask(times: 10)
                #expect(tally.answers == ["p2": 10])
            }
        }

        /// Until then it is served at connect time, and on the way out by the uplink's programs.
        @Test func aPodThatStartsLaterGetsProgramsFromTheNextEnable() throws {
            try Shell.run("ip -n \(lab.namespace(.node)) link delete h1")
            try lab.connectPod(1)
            #expect(try lab.ask(Traffic(to: target, times: 5)).answers == ["p2": 5])
            #expect(try ask(times: 5).answers == ["p2": 5])
            let findings = try lab.succeed("status", "-o", "json").object()["findings"] as? [[String: Any]]
            let text = findings?.compactMap { $0["message"] as? String }.joined(separator: "\n")
            #expect(text?.contains("'h1'") == true, "\(findings ?? [])")

            let report = try lab.succeed(HandmadeLab.enableWords + ["-o", "json"]).object()
            let changes = try #require(report["changes"] as? [[String: Any]])
            let attached = changes.filter { $0["action"] as? String == "attached" }
            #expect(attached.compactMap { $0["interface"] as? String } == ["h1", "h1", "h1", "h1"], "\(changes)")
            #expect(try ask(times: 10).answers == ["p2": 10])
            #expect(try lab.succeed("status", "-q").text == "healthy\n")
        }

        @Test func connectTimeBalancingCanBeLeftOut() throws {
            try lab.succeed(HandmadeLab.enableWords + ["--connect-time", "off"])
            let programs = try lab.succeed("program", "list", "-o", "json").items()
            let hooked = programs.filter { !(($0["attachments"] as? [Any])?.isEmpty ?? true) }
            #expect(Set(hooked.compactMap { $0["type"] as? String }) == ["sched_cls"])
            #expect(try lab.ask(Traffic(to: target, times: 10)).answers == ["p2": 10])
        }
    }
}
