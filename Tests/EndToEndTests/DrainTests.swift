// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// `disable --drain` under real connections, of a client that is not balanced when it connects.
    @Suite(.sharedLab) struct DrainTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        /// Talks over one connection for a while.
        private func talk(milliseconds: Int) throws -> ChildProcess {
            let command = Command(
                Tool.path,
                [
                    LabProgram.clientWord, "tcp", HandmadeLab.virtualAddress, "1000000", "reused", "5000",
                    "\(milliseconds)",
                ])
            return try lab.start(command, on: .pod1, outsideCgroup: true)
        }

        /// Starts to drain a dataplane over which somebody talks, and waits until it takes no new connections.
        private func drain(whileTalkingFor milliseconds: Int) throws -> (drain: ChildProcess, client: ChildProcess) {
            try lab.serve()
            try lab.succeed("conntrack", "delete", "--all")
            let client = try talk(milliseconds: milliseconds)
            let isTracked = try eventually {
                try lab.succeed("conntrack", "list", "--state", "established", "-q").text != ""
            }
            try #require(isTracked)
            let drain = try lab.startTool(["disable", "--drain", "50s"])
            let isDraining = try eventually {
                try lab.tool("status").text.contains("no new connections are taken")
            }
            try #require(isDraining)
            return (drain, client)
        }

        private func askOnce() throws -> LabTally {
            try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 1, timeout: 300), outsideCgroup: true)
        }

        @Test func aTrackedConnectionGoesOnWhileNewOnesAreNotTaken() throws {
            let (drain, client) = try drain(whileTalkingFor: 3000)
            #expect(try askOnce().answered == 0)
            let tally = try lab.collect(client)
            #expect(tally.failures.isEmpty && tally.answered > 0, "\(tally.failures)")
            let result = try drain.collect(until: Deadline(after: Tool.patience))
            #expect(result.status.isSuccess, "\(result.outcome)")
            #expect(result.text.hasSuffix("dataplane \(lab.bpffs)/ebpfctl deleted\n"))
            #expect(result.errorText == "nothing of it is left\n")
        }

        @Test func anInterruptedDrainTakesNewConnectionsAgain() throws {
            let (drain, client) = try drain(whileTalkingFor: 4000)
            drain.send(signal: SIGINT)
            let result = try drain.collect(until: Deadline(after: Tool.patience))
            #expect(
                result.outcome
                    == Outcome(
                        1,
                        error: """
                            the drain is taken back: new connections are taken again, 1 connection tracked
                            ebpfctl: interrupted

                            """))
            #expect(try askOnce().answered == 1)
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
            #expect(try lab.collect(client).failures.isEmpty)
            try lab.succeed("disable")
        }

        /// Nobody can take anything back then; whoever changes something next does.
        @Test func aKilledDrainIsTakenBackByTheNextCommandThatWrites() throws {
            let (drain, client) = try drain(whileTalkingFor: 4000)
            drain.kill()
            #expect(try askOnce().answered == 0)
            try lab.succeed("route", "sync")
            #expect(try askOnce().answered == 1)
            #expect(try lab.collect(client).failures.isEmpty)
            try lab.succeed("disable")
        }
    }
}
