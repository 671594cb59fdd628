// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// Makes the kernel count the runs of all programs, and their time, as long as this value lives.
///
/// Costs some tens of nanoseconds per run of every program on the node.
package struct Statistics: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Needs Linux 5.8. libbpf: `bpf_enable_stats`.
    package init() throws(KernelError) {
        descriptor = try performOpening(.enableStatistics, "run_time") { bpf_enable_stats(BPF_STATS_RUN_TIME) }
    }
}
