// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem
import Testing

/// Filters on loopback, in places of their own, with a program that lets everything pass.
@Suite(.needsKernel, .serialized)
struct TrafficControlTests {
    private static let place = TrafficControl.Place(interface: 1, direction: .ingress, priority: 41, handle: 0xeb)
    private static let egress = TrafficControl.Place(interface: 1, direction: .egress, priority: 42, handle: 0xec)

    /// Runs `body` with the discipline in place, and takes it away again if it was not there before.
    private static func prepared(_ body: () throws -> Void) throws {
        let isOurs = try TrafficControl.prepare(interface: 1)
        var failure: (any Error)?
        do { try body() } catch { failure = error }
        for place in [place, egress] { _ = try TrafficControl.detach(place) }
        if isOurs { #expect(try TrafficControl.removeIfEmpty(interface: 1)) }
        if let failure { throw failure }
    }

    @Test func theDisciplineIsCreatedOnceAndRemovedWhenEmpty() throws {
        let kind = try TrafficControl.discipline(of: 1)
        try Self.prepared {
            #expect(try TrafficControl.prepare(interface: 1) == false)
            #expect(try TrafficControl.discipline(of: 1) == "clsact")
            try TrafficControl.attach(.allowing(), at: Self.place)
            #expect(try TrafficControl.removeIfEmpty(interface: 1) == false)
        }
        #expect(try TrafficControl.discipline(of: 1) == kind)
    }

    @Test func attachedFiltersAreListedWithTheirProgramsAndDetached() throws {
        try Self.prepared {
            let one = try Program.allowing("one")
            let two = try Program.allowing("two")
            try TrafficControl.attach(two, at: Self.egress)
            try TrafficControl.attach(one, at: Self.place)
            let filters = try TrafficControl.filters(of: 1).filter { [Self.place, Self.egress].contains($0.place) }
            #expect(filters.map(\.place) == [Self.place, Self.egress])
            #expect(filters.map(\.programID) == [try one.info().id, try two.info().id])
            #expect(filters.map(\.name) == ["one:[\(try one.info().id)]", "two:[\(try two.info().id)]"])
            #expect(filters.allSatisfy { $0.isDirectAction && $0.kind == "bpf" && $0.protocolNumber == 3 })
            #expect(try TrafficControl.detach(Self.place))
            #expect(try TrafficControl.detach(Self.place) == false)
        }
    }

    @Test func aFilterIsReplacedOnlyWhenAskedFor() throws {
        try Self.prepared {
            try TrafficControl.attach(.allowing("one"), at: Self.place)
            let error = #expect(throws: KernelError.self) {
                try TrafficControl.attach(.allowing("two"), at: Self.place)
            }
            let detail = KernelError.Detail.messages(["Kernel error message: Filter already exists"])
            #expect(error == KernelError(.attach, "two", to: "lo", .exists, detail: detail))
            let three = try Program.allowing("three")
            try TrafficControl.attach(three, at: Self.place, replacing: true)
            let filters = try TrafficControl.filters(of: 1).filter { $0.place == Self.place }
            #expect(filters.map(\.programID) == [try three.info().id])
        }
    }

    @Test func moreFiltersThanOneAnswerHoldsAreAllListed() throws {
        try Self.prepared {
            let program = try Program.allowing()
            let places = (1...40).map {
                TrafficControl.Place(interface: 1, direction: .ingress, priority: 43, handle: $0)
            }
            for place in places { try TrafficControl.attach(program, at: place) }
            defer { for place in places { _ = try? TrafficControl.detach(place) } }
            let found = try TrafficControl.filters(of: 1).filter { $0.place.priority == 43 }
            #expect(Set(found.map(\.place)) == Set(places))
        }
    }

    @Test func anUnknownInterfaceHasNoDisciplineAndTakesNone() throws {
        #expect(try TrafficControl.discipline(of: 4_000_000) == nil)
        #expect(try TrafficControl.filters(of: 4_000_000) == [])
        let error = #expect(throws: KernelError.self) { _ = try TrafficControl.prepare(interface: 4_000_000) }
        #expect(error?.operation == .createQueueingDiscipline)
        #expect(error?.subject == "interface 4000000")
        #expect(error?.errno == .noDevice)
        let place = TrafficControl.Place(interface: 4_000_000, direction: .ingress, priority: 1, handle: 1)
        #expect(try TrafficControl.detach(place) == false)
    }
}
