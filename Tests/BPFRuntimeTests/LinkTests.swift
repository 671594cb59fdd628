// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

@testable import BPFRuntime

/// Loopback, with programs that let everything pass.
private let loopback: UInt32 = 1

@Suite(.needsKernel, .serialized)
struct LinkTests {
    @Test func aCgroupLinkHoldsAsLongAsItsHandle() throws {
        let cgroup = try PrivateCgroup()
        let program = try Program.allowingConnections()
        let id = try program.info().id
        do {
            let link = try Link(attaching: program, cgroup: cgroup.path, as: .cgroupConnect4)
            let info = try link.info()
            #expect(info.programID == id)
            #expect(info.target == .cgroup(id: cgroup.id, .cgroupConnect4))
            #expect(try Link.allIDs().contains(info.id))
            let attached = try HookPrograms.attached(toCgroup: cgroup.path, as: .cgroupConnect4)
            #expect(attached.programs == [HookPrograms.Attachment(programID: id, linkID: nil)])
        }
        #expect(try HookPrograms.attached(toCgroup: cgroup.path, as: .cgroupConnect4).programs == [])
    }

    @Test func aPinnedLinkOutlivesItsHandleUntilThePinGoes() throws {
        let directory = try PrivateBPFFS()
        let cgroup = try PrivateCgroup()
        let path = directory.path + "/link"
        let program = try Program.allowingConnections()
        do {
            let link = try Link(attaching: program, cgroup: cgroup.path, as: .cgroupConnect4)
            try link.pin(at: path)
        }
        do {
            #expect(try PinnedObject.kind(at: path) == .link)
            let pinned = try Link(pinned: path)
            #expect(try pinned.info().programID == program.info().id)
            let again = try Link(id: pinned.info().id)
            #expect(try again.info() == pinned.info())
        }
        try FileManager.default.removeItem(atPath: path)
        // The kernel lets go of a link that nothing refers to any more in its own time.
        let deadline = Deadline(after: .seconds(10))
        while try !HookPrograms.attached(toCgroup: cgroup.path, as: .cgroupConnect4).programs.isEmpty {
            try #require(!deadline.hasPassed, "the link is still there")
            _ = try Poll.readable([], until: Deadline(after: .milliseconds(5)))
        }
    }

    @Test func aDetachedLinkHasNoTargetAnyMore() throws {
        let cgroup = try PrivateCgroup()
        let link = try Link(attaching: .allowingConnections(), cgroup: cgroup.path, as: .cgroupConnect4)
        try link.detach()
        #expect(try link.info().target == .cgroup(id: 0, .cgroupConnect4))
    }

    @Test func replacingTheProgramKeepsTheLink() throws {
        let cgroup = try PrivateCgroup()
        let link = try Link(attaching: .allowingConnections(), cgroup: cgroup.path, as: .cgroupConnect4)
        let before = try link.info()
        let other = try Program.allowingConnections("other")
        try link.replaceProgram(with: other)
        let after = try link.info()
        #expect(after.id == before.id)
        #expect(after.programID == (try other.info().id))
        #expect(after.programID != before.programID)
    }

    @Test func replacingByAProgramOfAnotherTypeIsRefused() throws {
        let cgroup = try PrivateCgroup()
        let link = try Link(attaching: .allowingConnections(), cgroup: cgroup.path, as: .cgroupConnect4)
        let error = KernelError(.replaceProgram, "allowing", to: "connections", .invalidArgument)
        #expect(throws: error) { try link.replaceProgram(with: .allowing()) }
    }

    @Test func aCgroupThatIsMissingOrNoneIsNamed() throws {
        let program = try Program.allowingConnections()
        #expect(throws: KernelError(.openCgroup, "/nowhere/at/all", .noEntry)) {
            _ = try Link(attaching: program, cgroup: "/nowhere/at/all", as: .cgroupConnect4)
        }
        #expect(throws: KernelError(.attach, "connections", to: "/proc", .badDescriptor)) {
            _ = try Link(attaching: program, cgroup: "/proc", as: .cgroupConnect4)
        }
    }

    @Test(.enabled(if: Probe.tcx().isSupported, "this kernel has no tcx"))
    func tcxLinksRunInTheOrderAskedFor() throws {
        let middle = try Program.allowing("middle")
        let middleLink = try Link(attaching: middle, interface: loopback, direction: .ingress)
        let middleID = try middle.info().id
        let first = try Program.allowing("first")
        let before = TCXPosition.beforeProgram(id: middleID)
        let firstLink = try Link(attaching: first, interface: loopback, direction: .ingress, position: before)
        let last = try Program.allowing("last")
        let after = try TCXPosition.afterLink(id: middleLink.info().id)
        let lastLink = try Link(attaching: last, interface: loopback, direction: .ingress, position: after)

        let mine = try [firstLink.info(), middleLink.info(), lastLink.info()]
        let attached = try HookPrograms.attached(toInterface: loopback, direction: .ingress)
        let found = attached.programs.filter { item in mine.contains { $0.programID == item.programID } }
        #expect(found == mine.map { HookPrograms.Attachment(programID: $0.programID, linkID: $0.id) })
        #expect(mine[1].target == .tcx(interface: loopback, .tcxIngress))

        try middleLink.detach()
        #expect(try middleLink.info().target == .tcx(interface: 0, .tcxIngress))
    }

    @Test(.enabled(if: Probe.tcx().isSupported, "this kernel has no tcx"))
    func theFirstTCXLinkComesBeforeTheLast() throws {
        let last = try Link(attaching: .allowing("last"), interface: loopback, direction: .egress, position: .last)
        let first = try Link(attaching: .allowing("first"), interface: loopback, direction: .egress, position: .first)
        let attached = try HookPrograms.attached(toInterface: loopback, direction: .egress).programs.map(\.linkID)
        let ids = try [first.info().id, last.info().id]
        #expect(attached.filter { ids.contains($0 ?? 0) } == ids)
    }

    @Test(.enabled(if: Probe.tcx().isSupported, "this kernel has no tcx"))
    func anUnknownInterfaceIsNamedByItsIndex() throws {
        let program = try Program.allowing()
        let error = KernelError(.attach, "allowing", to: "interface 4000000", .noDevice)
        #expect(throws: error) { _ = try Link(attaching: program, interface: 4_000_000, direction: .ingress) }
        #expect(throws: KernelError(.queryHook, "interface 4000000", .noDevice)) {
            _ = try HookPrograms.attached(toInterface: 4_000_000, direction: .ingress)
        }
    }

    @Test func manyProgramsOnOneHookAreAllFound() throws {
        let cgroup = try PrivateCgroup()
        let program = try Program.allowingConnections()
        var links: [LinkBox] = []
        for _ in 0..<20 {
            links.append(LinkBox(try Link(attaching: program, cgroup: cgroup.path, as: .cgroupConnect4)))
        }
        let attached = try HookPrograms.attached(toCgroup: cgroup.path, as: .cgroupConnect4)
        #expect(attached.programs.count == 20)
        withExtendedLifetime(links) {}
    }

    /// Lets an array hold links.
    private final class LinkBox {
        let link: Link
        init(_ link: consuming Link) { self.link = link }
    }
}
