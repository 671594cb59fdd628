// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
package import DataplaneModel

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

/// What the programs are told about the node they run on.
package struct NodeConstants: Hashable, Sendable {
    /// Of the VXLAN device; 0: there is none.
    package var overlayIndex: UInt32
    /// The smallest of the uplinks'.
    package var uplinkMTU: Int
    /// The largest of the workloads'.
    package var workloadMTU: Int
    /// The cookie of the node's own network namespace; 0: the initial one, or the kernel has no such cookies.
    package var namespaceCookie: UInt64

    package init(overlayIndex: UInt32 = 0, uplinkMTU: Int = 1500, workloadMTU: Int = 1500, namespaceCookie: UInt64 = 0)
    {
        self.overlayIndex = overlayIndex
        self.uplinkMTU = uplinkMTU
        self.workloadMTU = workloadMTU
        self.namespaceCookie = namespaceCookie
    }

    /// What fits through the overlay, from the inner IP header on: outer IP, UDP, VXLAN and inner Ethernet headers off.
    package func overlayMTU(_ family: AddressFamily) -> Int { uplinkMTU - (family == .v4 ? 50 : 70) }
}

extension EnableOptions {
    /// The section of constants that every object is loaded with, as the bytes of `struct dataplane_config`.
    ///
    /// - Parameter layer3: for devices whose packets begin with the IP header.
    package func programConstants(
        on kernel: KernelFeatures, of node: NodeConstants = NodeConstants(), layer3: Bool = false
    ) -> (section: String, bytes: [UInt8]) {
        var constants = dataplane_config()
        func set(_ flag: config_flag, if condition: Bool) {
            if condition { constants.flags |= flag.rawValue }
        }
        set(CONFIG_DIRECT, if: forwarding == .direct)
        // Only the host stack answers a packet that does not fit its next link.
        set(CONFIG_DIRECT_PODS, if: forwarding == .direct && node.workloadMTU <= node.uplinkMTU)
        set(CONFIG_CONNECT_TCP, if: connectTime != .off)
        set(CONFIG_CONNECT_UDP, if: connectTime == .all)
        set(CONFIG_COARSE_CLOCK, if: kernel.coarseClock)
        set(CONFIG_SET_RETVAL, if: kernel.setReturnValue)
        set(CONFIG_DSR, if: returnPath == .dsr)
        set(CONFIG_STRICT_SOURCE, if: sourceCheck == .strict)
        set(CONFIG_NO_ETHERNET, if: layer3)
        constants.overlay_ifindex = node.overlayIndex
        constants.overlay_port = overlayPort.bigEndian
        constants.overlay_mtu_v4 = UInt16(clamping: node.overlayMTU(.v4))
        constants.overlay_mtu_v6 = UInt16(clamping: node.overlayMTU(.v6))
        constants.host_netns = node.namespaceCookie
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
