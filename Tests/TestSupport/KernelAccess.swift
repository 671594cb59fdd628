// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import LinuxSystem
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

    /// Skips where a node that is not in the machine's first network namespace cannot tell that it is the node: on
    /// loopback its node ports are not served at connect time.
    package static var needsNamespaceCookie: Self {
        .enabled(
            if: NetworkNamespace.currentCookie() != nil, "the kernel tells no namespace cookie (Linux 5.14)")
    }
}
