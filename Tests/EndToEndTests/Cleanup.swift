// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

/// What has to be taken back, last made first; what is left when the value goes is taken back then.
final class Cleanup: Sendable {
    private let steps = Mutex<[@Sendable () throws -> Void]>([])

    func add(_ step: @escaping @Sendable () throws -> Void) {
        steps.withLock { $0.append(step) }
    }

    /// A step that fails is an issue of the test, and the others are taken all the same.
    func run() {
        while let step = steps.withLock({ $0.popLast() }) {
            do { try step() } catch { Issue.record("cannot clean up: \(error)") }
        }
    }

    deinit { run() }
}
