// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF

/// The processors that a per-processor map has room for, whether they are switched on or not.
package enum PossibleCPUs {
    /// How many there are.
    ///
    /// libbpf: `libbpf_num_possible_cpus`.
    package static func count() throws(KernelError) -> Int {
        Int(try perform(.countProcessors, "/sys/devices/system/cpu/possible") { libbpf_num_possible_cpus() })
    }
}
