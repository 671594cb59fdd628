// SPDX-License-Identifier: Apache-2.0

import Foundation
import LinuxSystem
import Testing

/// Whether tests may use the real kernel; without the permission they are skipped unless that is forbidden.
enum KernelAccess {
    static let isGranted = (try? CapabilitySet.effective())?.missing([.netAdmin, .bpf, .sysAdmin]).isEmpty == true
    static let isRequired = ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"

    static let condition = ConditionTrait.enabled(
        if: isGranted || isRequired, "needs root: CAP_NET_ADMIN, CAP_BPF and CAP_SYS_ADMIN")
}
