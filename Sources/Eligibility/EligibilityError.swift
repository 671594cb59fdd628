// SPDX-License-Identifier: Apache-2.0

package import LinuxSystem

/// Why no facts could be gathered at all.
package enum EligibilityError: Error, Hashable, Sendable {
    /// Nothing can be tried without these; `CAP_SYS_ADMIN` would do in place of `CAP_BPF` and `CAP_PERFMON`.
    case notPermitted(missing: [Capability])

    /// The kernel does not even say what it is, or what this process may do.
    case system(SystemError)
}
