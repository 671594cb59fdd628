// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Hands values from the thread that makes them to the one that uses them, a few ahead: see ``produce(ahead:_:use:)``.
@safe
package final class Handover<Value> {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let change = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let room: Int
    private var values: [Value] = []
    /// The maker has made all, or the user wants no more.
    private var isOver = false

    fileprivate init(room: Int) {
        self.room = room
        unsafe pthread_mutex_init(lock, nil)
        unsafe pthread_cond_init(change, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(change)
        unsafe pthread_mutex_destroy(lock)
        unsafe change.deallocate()
        unsafe lock.deallocate()
    }

    /// Gives a value away, once there is room for it.
    ///
    /// - Returns: false when nobody wants any more.
    package func put(_ value: Value) -> Bool {
        exclusively {
            while values.count >= room, !isOver { unsafe pthread_cond_wait(change, lock) }
            if !isOver { values.append(value) }
            return !isOver
        }
    }

    /// Waits for the next value; nil after the last.
    package func take() -> Value? {
        exclusively {
            while values.isEmpty, !isOver { unsafe pthread_cond_wait(change, lock) }
            return values.isEmpty ? nil : values.removeFirst()
        }
    }

    fileprivate func end() {
        exclusively { isOver = true }
    }

    private func exclusively<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(lock)
        defer {
            unsafe pthread_cond_signal(change)
            unsafe pthread_mutex_unlock(lock)
        }
        return body()
    }
}

/// Runs `make` on a thread of its own, while the caller uses what it makes; returns when both are done.
///
/// - Parameters:
///   - count: how many values there may be between the two.
///   - use: may leave early, or fail, which ends `make` at its next value.
package func produce<Value>(
    ahead count: Int, _ make: (Handover<Value>) -> Void, use: (Handover<Value>) throws -> Void
) throws {
    let handover = Handover<Value>(room: count)
    try withoutActuallyEscaping({
        make(handover)
        handover.end()
    }) { errand in
        let thread = try RunningThread(errand)
        defer {
            handover.end()
            thread.join()
        }
        try use(handover)
    }
}
