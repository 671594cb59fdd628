// SPDX-License-Identifier: Apache-2.0

import Glibc

/// `CLOCK_MONOTONIC`, the clock of `bpf_ktime_get_ns`: nanoseconds since boot, standing still in suspend.
package enum MonotonicClock {
    package static var nanoseconds: UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}

/// A point on the monotonic clock by which something must have happened.
package struct Deadline: Hashable, Sendable {
    /// `nil` waits for ever.
    package let nanoseconds: UInt64?

    package static let never = Deadline(nanoseconds: nil)

    private init(nanoseconds: UInt64?) {
        self.nanoseconds = nanoseconds
    }

    /// The point `duration` from now; a negative duration has passed already.
    package init(after duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let delay = max(0, seconds) * 1_000_000_000 + max(0, attoseconds) / 1_000_000_000
        nanoseconds = MonotonicClock.nanoseconds + UInt64(delay)
    }

    /// The one that passes first.
    package static func earlier(_ one: Deadline, _ other: Deadline) -> Deadline {
        (one.nanoseconds ?? .max) < (other.nanoseconds ?? .max) ? one : other
    }

    package var hasPassed: Bool { remainingNanoseconds == 0 }

    /// The time left for poll(2): rounded up to milliseconds, 0 when passed, -1 for ever.
    package var remainingMilliseconds: Int32 {
        guard let left = remainingNanoseconds else { return -1 }
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }

    private var remainingNanoseconds: UInt64? {
        guard let nanoseconds else { return nil }
        let now = MonotonicClock.nanoseconds
        return now >= nanoseconds ? 0 : nanoseconds - now
    }
}
