// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Dataplane

struct SlotAllocatorTests {
    @Test func runsFollowOneAnother() {
        var allocator = SlotAllocator(capacity: 10, next: 0, used: [])
        #expect(allocator.allocate(3) == 0..<3)
        #expect(allocator.allocate(4) == 3..<7)
        #expect(allocator.freeCount == 3)
        #expect(allocator.next == 7)
    }

    /// A program may still be reading the run that was given back last.
    @Test func aRunGivenBackIsNotTheNextOneHandedOut() {
        var allocator = SlotAllocator(capacity: 10, next: 0, used: [])
        let first = allocator.allocate(3)
        #expect(first == 0..<3)
        allocator.free(0..<3)
        #expect(allocator.allocate(3) == 3..<6)
        #expect(allocator.allocate(3) == 6..<9)
        #expect(allocator.allocate(3) == 0..<3)
    }

    @Test func aRunNeverWrapsAroundTheEnd() {
        var allocator = SlotAllocator(capacity: 10, next: 8, used: [])
        #expect(allocator.allocate(3) == 0..<3)
        #expect(allocator.next == 3)
    }

    @Test func aRunThatEndsAtTheEndSendsTheSearchBackToTheBeginning() {
        var allocator = SlotAllocator(capacity: 10, next: 8, used: [])
        #expect(allocator.allocate(2) == 8..<10)
        #expect(allocator.next == 0)
    }

    @Test func gapsBetweenRunsAreUsed() {
        var allocator = SlotAllocator(capacity: 12, next: 0, used: [0..<2, 4..<6, 9..<12])
        #expect(allocator.allocate(3) == 6..<9)
        #expect(allocator.allocate(2) == 2..<4)
        #expect(allocator.allocate(1) == nil)
    }

    @Test func freeSlotsInPiecesAreNoRun() {
        var allocator = SlotAllocator(capacity: 6, next: 0, used: [1..<2, 3..<4])
        #expect(allocator.freeCount == 4)
        #expect(allocator.allocate(3) == nil)
        #expect(allocator.allocate(2) == 4..<6)
    }

    @Test func nothingIsAnEmptyRun() {
        var allocator = SlotAllocator(capacity: 1, next: 0, used: [0..<1])
        #expect(allocator.allocate(0) == 0..<0)
        #expect(allocator.freeCount == 0)
    }

    /// After a crash a frontend and a record may own overlapping runs.
    @Test func overlappingRunsCountOnce() {
        let allocator = SlotAllocator(capacity: 10, next: 0, used: [2..<6, 0..<3, 5..<7, 4..<4])
        #expect(allocator.freeCount == 3)
    }

    @Test func aStartBeyondTheEndBeginsAnew() {
        var allocator = SlotAllocator(capacity: 4, next: 9, used: [])
        #expect(allocator.allocate(4) == 0..<4)
    }

    @Test func aPieceOfARunCanBeFreed() {
        var allocator = SlotAllocator(capacity: 10, next: 0, used: [0..<10])
        allocator.free(3..<5)
        #expect(allocator.freeCount == 2)
        #expect(allocator.allocate(3) == nil)
        #expect(allocator.allocate(2) == 3..<5)
    }

    @Test func whatIsNotInUseCannotBeFreed() {
        var allocator = SlotAllocator(capacity: 10, next: 0, used: [2..<4])
        allocator.free(5..<6)
        allocator.free(3..<6)
        allocator.free(0..<0)
        #expect(allocator.freeCount == 8)
    }

    /// No two runs in use ever overlap, whatever is asked and given back.
    @Test func runsInUseNeverOverlap() {
        var allocator = SlotAllocator(capacity: 64, next: 0, used: [])
        var owned: [Range<Int>] = []
        var state: UInt64 = 1
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<5000 {
            if random(2) == 0, !owned.isEmpty {
                allocator.free(owned.remove(at: random(owned.count)))
            } else if let run = allocator.allocate(1 + random(9)) {
                #expect(run.lowerBound >= 0 && run.upperBound <= 64)
                #expect(!owned.contains { $0.overlaps(run) })
                owned.append(run)
            } else {
                #expect(allocator.freeCount < 64)
            }
            #expect(allocator.freeCount == 64 - owned.reduce(0) { $0 + $1.count })
        }
    }
}
