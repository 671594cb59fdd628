// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
package import Testing

/// Whether tests may load programs and make namespaces; without root they are skipped, unless the environment insists.
package enum KernelAccess {
    package static let isRequired = ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
    package static let isGranted = isRequired || geteuid() == 0
}

extension Trait where Self == ConditionTrait {
    /// Skips without root, with a reason; fails instead when `EBPFCTL_REQUIRE_KERNEL=1`.
    package static var needsKernel: Self {
        .enabled(if: KernelAccess.isGranted, "needs root to load BPF programs")
    }
}
