// SPDX-License-Identifier: Apache-2.0

/// What has been done so far, in a form that can be taken back, last thing first.
struct Undo: ~Copyable {
    private var steps: [(name: String, work: () throws(DataplaneError) -> Void)] = []

    mutating func add(_ name: String, _ work: @escaping () throws(DataplaneError) -> Void) {
        steps.append((name, work))
    }

    /// Takes everything back, going on past failures.
    ///
    /// - Returns: the names of the steps that could not be taken back.
    mutating func run() -> [String] {
        var failed: [String] = []
        while let step = steps.popLast() {
            do { try step.work() } catch { failed.append(step.name) }
        }
        return failed
    }

    /// Everything is as it should be: nothing will be taken back.
    mutating func forget() { steps = [] }
}
