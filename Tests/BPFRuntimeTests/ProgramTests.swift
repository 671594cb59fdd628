// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

@Suite(.needsKernel, .serialized)
struct ProgramTests {
    private static let packet = (0..<60).map { UInt8($0) }

    @Test func theKernelTellsWhatWasLoaded() throws {
        let program = try Program.allowing("fifteen_letters_and_more")
        let info = try program.info()
        #expect(info.name == "fifteen_letters")
        #expect(info.type == .schedClassifier)
        #expect(info.tag.count == 16)
        #expect(info.mapIDs == [])
        #expect(info.loadTime > 0)
        #expect(try Program.allIDs().contains(info.id))
        let again = try Program(id: info.id)
        #expect(again.name == "fifteen_letters")
        #expect(try again.info() == info)
    }

    @Test func equalCodeHasEqualTags() throws {
        let (one, two) = (try Program.allowing("one").info(), try Program.allowing("two").info())
        let other = try Program.allowingConnections().info()
        #expect(one.tag == two.tag)
        #expect(one.tag != other.tag)
    }

    @Test func aPinnedProgramIsTheSame() throws {
        let directory = try PrivateBPFFS()
        let program = try Program.allowing()
        try program.pin(at: directory.path + "/program")
        let opened = try Program(pinned: directory.path + "/program")
        #expect(try opened.info() == program.info())
        #expect(throws: KernelError(.openProgram, directory.path + "/none", .noEntry)) {
            _ = try Program(pinned: directory.path + "/none")
        }
    }

    @Test func aRunGivesVerdictPacketAndContext() throws {
        // context->mark = 0x77; return 2
        let instructions = [
            .move(2, 0x77), Instruction(opcode: 0x63, destination: 1, source: 2, offset: 8), .move(0, 2), .exit,
        ]
        let program = try Program(name: "marking", type: .schedClassifier, instructions: instructions)
        var context = PacketContext()
        context.priority = 5
        context.scratch = [1, 2, 3]
        let result = try program.testRun(packet: Self.packet, context: context, repeating: 10)
        #expect(result.verdict == 2)
        #expect(result.packet == Self.packet)
        #expect(result.context.mark == 0x77)
        #expect(result.context.priority == 5)
        #expect(result.context.scratch == [1, 2, 3, 0, 0])
    }

    @Test func aNegativeVerdictStaysNegative() throws {
        #expect(try Program.allowing().testRun(packet: Self.packet).verdict == -1)
    }

    @Test func aPacketWithoutEthernetHeaderIsRefused() throws {
        #expect(throws: KernelError(.testRun, "allowing", .invalidArgument)) {
            _ = try Program.allowing().testRun(packet: [1, 2, 3])
        }
    }

    @Test func programsOfConnectCannotBeRun() throws {
        #expect(throws: KernelError(.testRun, "connections", .notSupportedByKernel)) {
            _ = try Program.allowingConnections().testRun(packet: Self.packet)
        }
    }

    @Test func aRefusedProgramShowsTheVerifiersReason() throws {
        let error = #expect(throws: KernelError.self) {
            _ = try Program(name: "wrong", type: .schedClassifier, instructions: [.move(0, from: 5), .exit])
        }
        #expect(error?.operation == .loadProgram)
        #expect(error?.subject == "wrong")
        #expect(error?.errno == .accessDenied)
        #expect(error?.log?.lines.last == "R5 !read_ok")
    }

    @Test func runsAreCountedWhileStatisticsAreOn() throws {
        let program = try Program.allowing()
        do {
            let statistics = try Statistics()
            _ = try program.testRun(packet: Self.packet, repeating: 7)
            _ = consume statistics
        }
        #expect(try program.info().runCount == 7)
        #expect(try program.info().runTime > 0)
    }
}
