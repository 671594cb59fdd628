// SPDX-License-Identifier: Apache-2.0

/// Finds contiguous runs of free slots in an array of a fixed size.
///
/// The search goes on where the last one ended and wraps around, so that a run given back rests as long as possible: a
/// program may still be reading it for a moment after its frontend has moved on.
struct SlotAllocator: Sendable {
    let capacity: Int
    private(set) var next: Int
    /// Runs in use, by their first slot.
    private var used: [Range<Int>] = []

    init(capacity: Int, next: Int, used: [Range<Int>]) {
        self.capacity = capacity
        self.next = next < capacity ? next : 0
        self.used = Self.merged(used)
    }

    var freeCount: Int { capacity - used.reduce(0) { $0 + $1.count } }

    /// - Returns: nil when no gap is large enough, though there may be as many free slots in pieces.
    mutating func allocate(_ count: Int) -> Range<Int>? {
        guard count > 0 else { return 0..<0 }
        guard let start = firstGap(of: count, from: next) ?? firstGap(of: count, from: 0) else { return nil }
        let run = start..<start + count
        let place = firstRun(endingAfter: start)
        used.insert(run, at: place)
        next = run.upperBound < capacity ? run.upperBound : 0
        return run
    }

    mutating func free(_ run: Range<Int>) {
        guard !run.isEmpty else { return }
        let place = firstRun(endingAfter: run.lowerBound)
        guard place < used.count, used[place].lowerBound <= run.lowerBound, used[place].upperBound >= run.upperBound
        else { return }
        let old = used.remove(at: place)
        let rest = [old.lowerBound..<run.lowerBound, run.upperBound..<old.upperBound].filter { !$0.isEmpty }
        used.insert(contentsOf: rest, at: place)
    }

    private func firstGap(of count: Int, from start: Int) -> Int? {
        var candidate = start
        for run in used[firstRun(endingAfter: start)...] {
            if run.lowerBound >= candidate + count { break }
            candidate = max(candidate, run.upperBound)
        }
        return candidate + count <= capacity ? candidate : nil
    }

    /// The index of the first run that ends after `slot`.
    private func firstRun(endingAfter slot: Int) -> Int {
        var (low, high) = (0, used.count)
        while low < high {
            let middle = (low + high) / 2
            if used[middle].upperBound > slot { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private static func merged(_ runs: [Range<Int>]) -> [Range<Int>] {
        var merged: [Range<Int>] = []
        for run in runs.filter({ !$0.isEmpty }).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, run.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, run.upperBound)
            } else {
                merged.append(run)
            }
        }
        return merged
    }
}
