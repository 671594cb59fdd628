// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@Suite(.needsKernel) struct TestRunnerTests {
    private let packet = [UInt8](0..<100)

    /// `r0 = cb[0]`, which is where a context's scratch words begin.
    private func echoing() throws -> Program {
        let load = Instruction(opcode: 0x61, destination: 0, source: 1, offset: 48)
        return try Program(name: "echoing", type: .schedClassifier, instructions: [load, .exit])
    }

    @Test func everyRunGivesItsOwnVerdictAndPacket() throws {
        var runner = try TestRunner(Program.allowing())
        var output = [UInt8](repeating: 0xff, count: 100)
        for length in [60, 100, 14] {
            let answer = try runner.run(packet, length: length, into: &output)
            #expect(answer.verdict == -1)
            #expect(answer.length == length)
            #expect(output[..<length] == packet[..<length])
        }
        #expect(output[14...] == packet[14...])
    }

    @Test func aContextHoldsUntilTheNextOne() throws {
        var runner = try TestRunner(echoing())
        var output = [UInt8](repeating: 0, count: 100)
        var context = PacketContext()
        var verdicts: [Int32] = []
        for word: UInt32 in [7, 8] {
            verdicts.append(try runner.run(packet, length: 100, into: &output).verdict)
            context.scratch = [word]
            runner.use(context)
            verdicts.append(try runner.run(packet, length: 100, into: &output).verdict)
        }
        #expect(verdicts == [0, 7, 7, 8])
    }

    @Test func theRunnerKeepsItsProgram() throws {
        func runner() throws -> TestRunner { try TestRunner(Program.allowing()) }
        var runner = try runner()
        var output = [UInt8](repeating: 0, count: 100)
        #expect(try runner.run(packet, length: 100, into: &output).verdict == -1)
    }

    @Test func aPacketWithoutEthernetHeaderIsRefused() throws {
        var runner = try TestRunner(Program.allowing())
        var output: [UInt8] = []
        #expect(throws: KernelError(.testRun, "allowing", .invalidArgument)) {
            _ = try runner.run(packet, length: 3, into: &output)
        }
    }

    @Test func aPacketThatDoesNotFitIsRefused() throws {
        var runner = try TestRunner(Program.allowing())
        var output = [UInt8](repeating: 0, count: 99)
        #expect(throws: KernelError(.testRun, "allowing", .noSpace)) {
            _ = try runner.run(packet, length: 100, into: &output)
        }
    }
}
