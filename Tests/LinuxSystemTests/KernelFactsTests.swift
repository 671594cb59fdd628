// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct KernelFactsTests {
    @Test(arguments: [
        ("5.10.0-28-amd64", [5, 10]), ("4.18.0-305.el8.x86_64", [4, 18]), ("6.12-rc3", [6, 12]), ("7.0", [7, 0]),
        ("strange", nil), ("", nil), ("6", nil),
    ])
    func theNumberOfAReleaseIsItsFirstTwoParts(release: String, expected: [Int]?) {
        let number = KernelRelease(release: release, version: "", machine: "").number
        #expect(number.map { [$0.major, $0.minor] } == expected)
    }

    @Test func theRunningKernelTellsItsRelease() throws {
        let release = try KernelRelease.current()
        #expect(release.release == (try Sysctl.read("kernel/osrelease")))
        #expect(!release.machine.isEmpty)
        #expect(release.number != nil)
    }

    @Test(
        arguments: [
            ("none [integrity] confidentiality\n", Lockdown.integrity), ("[none] integrity confidentiality\n", .off),
            ("none integrity [confidentiality]", .confidentiality), ("none", nil), ("[other]", nil), ("", nil),
        ] as [(String, Lockdown?)])
    func theLockdownModeIsTheOneInBrackets(text: String, expected: Lockdown?) {
        #expect(Lockdown(parsing: text) == expected)
    }

    @Test func anUnknownSettingIsReportedByName() {
        #expect(throws: SystemError(.readSetting, "net/none", .noEntry)) { try Sysctl.read("net/none") }
        #expect(throws: SystemError(.writeSetting, "net/none", .noEntry)) { try Sysctl.write("net/none", "1") }
    }

    @Test func capabilitiesAreReadFromAStatusFile() throws {
        let status = "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t0000000000201000\n"
        let set = try #require(CapabilitySet(status: status))
        #expect(set.bits == 1 << 12 | 1 << 21)
        #expect(set.missing(Capability.allCases) == [.netRaw, .ipcLock, .sysResource])
        #expect(CapabilitySet(status: "Name:\tx\n") == nil)
        #expect(CapabilitySet(status: "CapEff:\tzz\n") == nil)
    }

    @Test func aSplitOffCapabilityStandsAlone() {
        let set = CapabilitySet(bits: 1 << 39)
        #expect(set.missing([.bpf, .perfmon, .sysAdmin]) == [.perfmon, .sysAdmin])
        #expect(
            Capability.allCases.map(\.name) == [
                "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE", "CAP_PERFMON",
                "CAP_BPF",
            ])
    }

    @Test(.needsRoot) func rootHasWhatTheDataplaneNeeds() throws {
        #expect(try CapabilitySet.effective().missing([.bpf, .netAdmin, .perfmon]).isEmpty)
    }

    @Test func thisProcessIsInTheProcessTable() throws {
        let own = try #require(try RunningProcess.all().first { $0.id == getpid() })
        #expect(own.arguments == CommandLine.arguments)
        #expect(own.name == String(try Filesystem.readText("/proc/self/comm").dropLast()))
        #expect(RunningProcess(id: -5) == nil)
    }

    @Test func aFileIsNoTerminal() throws {
        let file = try Descriptor(opening: "/proc/self/status", flags: O_RDONLY)
        #expect(!Terminal.isTerminal(file.rawValue))
        #expect(Terminal.columns(file.rawValue) == nil)
    }
}

@Suite(.serialized) struct SignalWatcherTests {
    @Test func aSignalIsTakenOnceInTheOrderOfArrival() throws {
        let watcher = try SignalWatcher([SIGUSR1, SIGUSR2])
        #expect(try watcher.next() == nil)
        kill(getpid(), SIGUSR1)
        #expect(try watcher.wait(until: soon()) == SIGUSR1)
        kill(getpid(), SIGUSR2)
        #expect(try watcher.wait(until: soon()) == SIGUSR2)
        #expect(try watcher.wait(until: Deadline(after: .zero)) == nil)
    }

    @Test func theEndOfAWatcherRestoresTheDefault() throws {
        do {
            let watcher = try SignalWatcher([SIGUSR1])
            #expect(try isCaught(SIGUSR1))
            withExtendedLifetime(watcher) {}
        }
        #expect(try !isCaught(SIGUSR1))
    }

    private func isCaught(_ signal: Int32) throws -> Bool {
        let lines = try Filesystem.readText("/proc/self/status").split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix("SigCgt:") })
        let mask = try #require(UInt64(line.dropFirst("SigCgt:".count + 1), radix: 16))
        return mask & 1 << UInt64(signal - 1) != 0
    }
}
