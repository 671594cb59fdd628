// SPDX-License-Identifier: Apache-2.0

package import BPFRuntime
package import LinuxSystem

/// What a node is and has, as far as the checks ask; nil or absent wherever it was not or could not be found out.
package struct Facts: Hashable, Sendable {
    package var kernel: KernelRelease
    package var capabilities: CapabilitySet

    /// nil when the kernel has no lockdown, or securityfs is not mounted.
    package var lockdown: Lockdown?

    package var bpf = BPFFacts()
    package var bpffs: BPFFilesystem
    package var cgroup = CgroupFacts()

    /// What the verifier said to each embedded object.
    package var programs: [EmbeddedImage: ProgramTrial] = [:]

    package var network = NetworkFacts()
    package var kubeProxy = KubeProxyFacts()
    package var calico = ForeignDataplane()
    package var cilium = ForeignDataplane()
    package var forwardPolicy = ForwardPolicy.none

    package init(kernel: KernelRelease, capabilities: CapabilitySet, bpffs: BPFFilesystem) {
        self.kernel = kernel
        self.capabilities = capabilities
        self.bpffs = bpffs
    }
}

/// What the kernel's BPF can do, by trial.
package struct BPFFacts: Hashable, Sendable {
    package var systemCall: Support?

    /// The kernel's own BTF, present and understood.
    package var typeInformation: Support?

    /// Whether a loaded program became machine code.
    package var isCompiled: Bool?

    package var maps: [RequiredMap: Support] = [:]
    package var programTypes: [RequiredProgramType: Support] = [:]
    package var helpers: [Helper: Support] = [:]

    package var tcx: Support?

    /// Reading the map type by batches.
    package var batch: [RequiredMap: Support] = [:]

    package init() {}
}

/// The place for pins.
package struct BPFFilesystem: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case mounted, readOnly

        /// An existing directory of another filesystem, on which a bpffs can be mounted.
        case directory

        case absent
    }

    package let path: String
    package let state: State

    package init(path: String, state: State) {
        self.path = path
        self.state = state
    }
}

package struct CgroupFacts: Hashable, Sendable {
    /// The cgroup2 mount or the directory asked for; nil when there is no cgroup2 mount.
    package var path: String?

    /// Whether ``path`` is in a cgroup2 hierarchy.
    package var isCgroup2 = false

    /// Version 1 hierarchies are mounted as well.
    package var isHybrid = false

    /// A connect4 program, attached for an instant.
    package var attachment: Support?

    package init() {}
}

/// What became of loading an embedded object, unattached and with tiny maps.
package enum ProgramTrial: Hashable, Sendable {
    /// - Parameter instructions: looked at by the verifier in all programs of the object; nil before Linux 5.16.
    case accepted(instructions: Int?)
    case refused(Refusal)

    package struct Refusal: Hashable, Sendable {
        package let errno: Errno

        /// The last useful lines of the verifier's log, or libbpf's messages.
        package let lines: [String]

        /// Lines of the verifier's log before ``lines``.
        package let omitted: Int

        package init(errno: Errno, lines: [String], omitted: Int) {
            self.errno = errno
            self.lines = lines
            self.omitted = omitted
        }
    }
}

package struct NetworkFacts: Hashable, Sendable {
    /// `net.ipv4.ip_forward`.
    package var forwardsIPv4: Bool?

    /// The kernel has IPv6.
    package var hasIPv6: Bool?

    /// `net.ipv6.conf.all.disable_ipv6`.
    package var isIPv6Disabled: Bool?

    /// `net.ipv6.conf.all.forwarding`.
    package var forwardsIPv6: Bool?

    /// The workload interfaces on which `rp_filter` is strict, that is 1 as the larger of the interface's and `all`.
    package var strictReversePaths: [String]?

    package var uplinks: [Uplink]?

    /// An external VXLAN device, made in a namespace of its own and dropped.
    package var vxlan: Support?

    package var overlayPort: OverlayPort?

    package init() {}

    /// The UDP port of the overlay, and who has it.
    package struct OverlayPort: Hashable, Sendable {
        /// 0 when no overlay is wanted.
        package let number: UInt16

        /// Names of VXLAN devices that are not the overlay's.
        package let users: [String]

        package init(_ number: UInt16, users: [String] = []) {
            self.number = number
            self.users = users
        }
    }

    /// An interface to the world and why it was taken for one.
    package struct Uplink: Hashable, Sendable {
        package let name: String

        /// A phrase such as `has the default route`.
        package let reason: String

        package init(name: String, reason: String) {
            self.name = name
            self.reason = reason
        }
    }
}

/// Whatever kube-proxy does or left behind in each of its modes.
package struct KubeProxyFacts: Hashable, Sendable {
    /// Running ones, as `kube-proxy[812]`.
    package var processes: [String]?

    /// Chains that only kube-proxy makes, in legacy or nft-backed iptables.
    package var iptablesChains: Leftovers?

    /// Tables of its nftables mode.
    package var nftablesTables: Leftovers?

    package var ipvsServers: Int?

    /// The dummy interface of its IPVS mode, which bears every service address.
    package var hasIPVSInterface: Bool?

    package init() {}

    /// How many there are, or why that cannot be told.
    package enum Leftovers: Hashable, Sendable {
        case counted(Int)
        /// All that there are stay after a removal of kube-proxy's rules, such as chains that rules of others lead to.
        case kept(Int)
        case unknown(reason: UnknownReason)
    }
}

/// Another eBPF dataplane's traces.
package struct ForeignDataplane: Hashable, Sendable {
    /// Running agents, as `calico-node[812]`.
    package var processes: [String] = []

    /// Names of programs in the kernel, without repetition; nil when they may not be listed (`CAP_SYS_ADMIN`).
    package var programs: [String]? = []

    /// Paths on a bpffs.
    package var pins: [String] = []

    package var links: [String] = []

    package init() {}
}
