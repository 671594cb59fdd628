// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// What the programs may use of the kernel beyond the baseline.
package struct KernelFeatures: Hashable, Sendable {
    /// `bpf_ktime_get_coarse_ns`, Linux 5.11.
    package var coarseClock: Bool
    /// `bpf_set_retval` for sockets, Linux 5.18.
    package var setReturnValue: Bool

    package init(coarseClock: Bool, setReturnValue: Bool) {
        self.coarseClock = coarseClock
        self.setReturnValue = setReturnValue
    }

    /// This kernel's, found once by trying.
    static let current = KernelFeatures(
        coarseClock: Probe.helper(160, in: .schedClassifier).isSupported,
        setReturnValue: Probe.helper(187, in: .cgroupSockAddr).isSupported)
}

extension EnableOptions {
    /// The section of constants that every object is loaded with, as the bytes of `struct dataplane_config`.
    package func programConstants(on kernel: KernelFeatures) -> (section: String, bytes: [UInt8]) {
        var constants = dataplane_config()
        func set(_ flag: config_flag, if condition: Bool) {
            if condition { constants.flags |= flag.rawValue }
        }
        set(CONFIG_DIRECT, if: forwarding == .direct)
        set(CONFIG_CONNECT_TCP, if: connectTime != .off)
        set(CONFIG_CONNECT_UDP, if: connectTime == .all)
        set(CONFIG_COARSE_CLOCK, if: kernel.coarseClock)
        set(CONFIG_SET_RETVAL, if: kernel.setReturnValue)
        constants.port_first = replacementPorts.lowerBound
        constants.port_count = UInt16(clamping: replacementPorts.count)
        constants.hairpin_v4 = Self.hairpinV4.networkWord ?? 0
        constants.hairpin_v6 = Self.hairpinV6.networkWords ?? (0, 0, 0, 0)
        constants.syn_timeout = timeouts.tcpSynSent.nanoseconds
        constants.established_timeout = timeouts.tcpEstablished.nanoseconds
        constants.fin_timeout = timeouts.tcpFinsSeen.nanoseconds
        constants.reset_timeout = timeouts.tcpResetSeen.nanoseconds
        constants.udp_timeout = timeouts.udp.nanoseconds
        return (CONFIG_SECTION, CBytes.copy(of: constants))
    }
}

extension Duration {
    fileprivate var nanoseconds: UInt64 {
        UInt64(clamping: components.seconds) * 1_000_000_000 + UInt64(clamping: components.attoseconds / 1_000_000_000)
    }
}
