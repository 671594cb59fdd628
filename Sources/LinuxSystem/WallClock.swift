// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The time of day.
package enum WallClock {
    /// Seconds since 1970.
    package static var seconds: Int { time(nil) }

    /// Nanoseconds since 1970.
    package static var nanoseconds: UInt64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
