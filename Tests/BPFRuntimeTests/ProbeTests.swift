// SPDX-License-Identifier: Apache-2.0

import LinuxSystem
import Testing

@testable import BPFRuntime

@Suite(.needsKernel)
struct ProbeTests {
    @Test func whatEveryKernelOfTheBaselineHasIsFound() throws {
        #expect(Probe.systemCall() == .supported)
        #expect(Probe.programType(.schedClassifier) == .supported)
        #expect(Probe.programType(.cgroupSockAddr) == .supported)
        #expect(Probe.kernelTypes() == .supported)
    }

    @Test(arguments: [MapType.hash, .array, .perCPUArray, .lruHash, .lpmTrie, .ringBuffer])
    func mapTypesOfTheBaselineAreFound(_ type: MapType) {
        #expect(Probe.mapType(type) == .supported)
    }

    @Test func whatNoKernelHasIsNotFound() {
        #expect(Probe.programType(ProgramType(rawValue: 250)) == .unsupported)
        #expect(Probe.helper(4_000, in: .schedClassifier) == .unsupported)
    }

    @Test func aHelperIsFoundOnlyForProgramsThatMayCallIt() {
        let redirectNeighbour: UInt32 = 152
        #expect(Probe.helper(redirectNeighbour, in: .schedClassifier) == .supported)
        #expect(Probe.helper(redirectNeighbour, in: .cgroupSockAddr) == .unsupported)
    }

    @Test func batchCommandsAreFoundWhereTheKernelHasThem() {
        #expect(Probe.batchCommands(.hash) == .supported)
        #expect(Probe.batchCommands(.ringBuffer) != .supported)
        #expect(Probe.batchCommands(MapType(rawValue: 250)) == .refused(.invalidArgument))
    }

    @Test func cgroupAttachmentIsTriedWithoutATrace() throws {
        let cgroup = try PrivateCgroup()
        #expect(Probe.cgroupAttachment(cgroup.path) == .supported)
        #expect(try HookPrograms.attached(toCgroup: cgroup.path, as: .cgroupConnect4).programs == [])
        #expect(Probe.cgroupAttachment("/nowhere/at/all") == .refused(.noEntry))
    }

    @Test func tcxIsAskedOfAnInterfaceThatExists() {
        #expect(Probe.tcx(interface: 4_000_000) != .supported)
    }
}
