// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem

/// All words of the checks but their ids, for readers who know kube-proxy and need not know eBPF.
enum Wording {
    static let none = "none"
    static let available = "available"
    static let notAvailable = "not available"
    static let enabled = "enabled"
    static let notTried = "not tried"
    static let notReported = "not reported"
    static let compiled = "programs are compiled to machine code"
    static let interpreted = "programs are interpreted, several times slower"
    static let noStrictFilter = "not strict on any workload interface"
    static let calicoWithoutPrograms = "runs without eBPF programs"

    static func support(_ support: Support) -> String {
        switch support {
        case .supported: available
        case .unsupported: notAvailable
        case .refused(let errno): "refused: \(error(errno))"
        }
    }

    static func error(_ errno: Errno) -> String { "\(errno.message) (\(errno.name))" }

    static func capabilities(missing: [Capability]) -> String {
        missing.isEmpty ? "all" : "missing \(missing.map(\.name).joined(separator: ", "))"
    }

    static func batch(able: [RequiredMap], of all: [RequiredMap]) -> String {
        if able.isEmpty { return notAvailable }
        if able.count == all.count { return available }
        return "for \(able.map(\.rawValue).joined(separator: ", "))"
    }

    static func bpffs(_ filesystem: BPFFilesystem) -> String {
        switch filesystem.state {
        case .mounted: filesystem.path
        case .readOnly: "\(filesystem.path), read-only"
        case .directory: "not mounted on \(filesystem.path)"
        case .absent: "no directory \(filesystem.path)"
        }
    }

    static func cgroup(_ cgroup: CgroupFacts) -> String {
        guard let path = cgroup.path else { return "not mounted" }
        if !cgroup.isCgroup2 { return "\(path) is not a cgroup2 directory" }
        return cgroup.isHybrid ? "\(path), beside version 1 hierarchies" : path
    }

    static func accepted(instructions: Int?) -> String {
        instructions.map { "accepted, \($0) instructions verified" } ?? "accepted"
    }

    /// The verifier's reason is its last line.
    static func refused(_ refusal: ProgramTrial.Refusal) -> String {
        guard let reason = refusal.lines.last else { return "refused: \(error(refusal.errno))" }
        let before = refusal.omitted + refusal.lines.count - 1
        return "refused: \(reason) (\(refusal.errno.name)\(before > 0 ? ", after \(before) more lines" : ""))"
    }

    static func setting(_ name: String, _ value: Int) -> String { "\(name) = \(value)" }

    static func strictFilter(on interfaces: [String]) -> String { "strict on \(list(interfaces))" }

    static func uplinks(_ uplinks: [NetworkFacts.Uplink]) -> String {
        list(uplinks.map { "\($0.name) (\($0.reason))" })
    }

    static let noOverlay = "no overlay is wanted"

    static func overlayPort(_ port: NetworkFacts.OverlayPort) -> String {
        port.users.isEmpty ? "UDP port \(port.number) is free" : "UDP port \(port.number) of \(list(port.users))"
    }

    static func chains(_ count: Int) -> String { "\(counted(count, "chain")) of kube-proxy" }
    static func tables(_ count: Int) -> String { "\(counted(count, "table")) of kube-proxy" }

    static func kept(_ leftovers: String) -> String { "\(leftovers), kept for rules of others" }

    static func ipvs(servers: Int, hasInterface: Bool) -> String {
        let parts = [servers > 0 ? counted(servers, "virtual server") : nil, hasInterface ? "kube-ipvs0" : nil]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    static func foreign(_ other: ForeignDataplane) -> String {
        let programs = other.programs ?? []
        let parts = [
            programs.isEmpty ? nil : "programs \(list(programs))",
            other.pins.isEmpty ? nil : "pins \(list(other.pins))",
            other.links.isEmpty ? nil : "interfaces \(list(other.links))",
            other.processes.isEmpty ? nil : list(other.processes),
        ]
        return parts.compactMap { $0 }.joined(separator: "; ")
    }

    static func unknown(_ reason: UnknownReason) -> String {
        switch reason {
        case .noProgram(let program): "unknown without '\(program)'"
        case .programFailed(let program): "unknown, '\(program)' failed"
        }
    }

    /// At most three, and how many more.
    static func list(_ words: [String]) -> String {
        if words.isEmpty { return none }
        let more = words.count - 3
        return words.prefix(3).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }
}

extension Wording {
    /// Commands that put right what a check found.
    enum Hint {
        static let asRoot = "sudo ebpfctl check"
        static let justInTime = set("net.core.bpf_jit_enable", to: 1)
        static let mountCgroup = "mount -t cgroup2 none /sys/fs/cgroup"
        static let nameUplink = "ebpfctl enable --uplink INTERFACE"
        static let loadVXLAN = "modprobe vxlan"
        static let chooseOverlayPort = "ebpfctl enable --overlay-port N"
        static let cleanUpKubeProxy =
            "once services are in, repeat 'ebpfctl enable' with its options and '--kube-proxy remove'"
        static let disableCalico =
            #"kubectl patch felixconfiguration default --type merge --patch '{"spec": {"bpfEnabled": false}}'"#
        static let uninstallCilium = "cilium uninstall"
        static let cleanUpCilium = "cilium-dbg post-uninstall-cleanup"

        static func set(_ name: String, to value: Int) -> String { "sysctl -w \(name)=\(value)" }
        static func remount(_ path: String) -> String { "mount -o remount,rw \(path)" }
        static func showCgroup(_ path: String) -> String { "bpftool cgroup show \(path)" }

        static func mountBPF(_ path: String, making: Bool) -> String {
            (making ? "mkdir -p \(path) && " : "") + "mount -t bpf bpf \(path)"
        }
    }
}

extension EligibilityError {
    /// One line in lower case without full stop.
    package var message: String {
        switch self {
        case .notPermitted(let missing): "not permitted: \(Wording.capabilities(missing: missing))"
        case .system(let error): "\(error)"
        }
    }

    /// A command to run.
    package var hint: String? {
        if case .notPermitted = self { Wording.Hint.asRoot } else { nil }
    }
}

extension ForwardPolicy {
    /// Up to three refusing chains and how many more, `none`, or why it is unknown.
    package var text: String {
        switch self {
        case .none: Wording.none
        case .enforced(let chains): Wording.list(chains)
        case .unknown(let reason): Wording.unknown(reason)
        }
    }
}

extension CheckID {
    /// What the node must have for the check to pass.
    var required: String {
        switch self {
        case .kernelVersion: "5.10 or later; older ones count if all trials below succeed"
        case .architecture: "x86_64 or aarch64; others are not tested"
        case .lockdown: "any mode: the programs read no kernel memory"
        case .capabilities:
            "CAP_NET_ADMIN, CAP_BPF, CAP_PERFMON; CAP_SYS_ADMIN to mount a bpffs and see others' programs"
        case .systemCall: "the bpf() system call"
        case .typeInformation: "optional: BTF of the kernel, for tools such as bpftool"
        case .justInTime: "the just-in-time compiler"
        case .map(let map): "map type \(map.type.name)"
        case .programType(let type): "program type \(type.type.name)"
        case .helper(let helper): helper.required
        case .tcx: "optional (Linux 6.6): otherwise programs are attached by clsact filters"
        case .batch: "optional (Linux 5.6): otherwise tables are read entry by entry"
        case .program(let image): "the verifier takes every program of \(image.rawValue)"
        default: requiredOfNode
        }
    }

    private var requiredOfNode: String {
        switch self {
        case .bpffs: "a writable bpf filesystem, which 'ebpfctl enable' mounts if it may"
        case .cgroup2: "a cgroup2 mount, also in a hybrid hierarchy"
        case .cgroupAttachment: "programs can be attached to the cgroup"
        case .ipForward: "net.ipv4.ip_forward = 1"
        case .ipv6: "IPv6 in the kernel and not disabled"
        case .ipv6Forward: "net.ipv6.conf.all.forwarding = 1"
        case .reversePathFilter: "rp_filter 0 or 2 on workload interfaces, or balancing at connect time"
        case .uplink: "an interface with a default route, or one named to 'ebpfctl enable'"
        case .vxlan: "VXLAN devices in external mode, which carry requests to the nodes of their backends"
        case .overlayPort: "a UDP port that no other VXLAN device has, the same on all nodes"
        case .kubeProxyProcess: "none once the node's services are served by eBPF"
        case .kubeProxyIptables, .kubeProxyNftables: "none: eBPF comes first, but stale rules mislead"
        case .kubeProxyIPVS: "none: kube-ipvs0 takes the services' addresses"
        case .calico: "no eBPF programs of Calico"
        case .cilium: "no eBPF programs of Cilium"
        case .forwardHookPolicy: "no filtering of forwarded packets, which direct forwarding would bypass"
        default: ""
        }
    }
}

extension Helper {
    fileprivate var required: String {
        let function = "bpf_\(rawValue.split(separator: "-").joined(separator: "_"))()"
        return switch self {
        case .coarseClock: "optional (Linux 5.11): \(function), a cheaper clock"
        case .setReturnValue: "optional (Linux 5.18): \(function), to refuse calls to services without backends"
        case .redirectNeighbor, .redirectPeer: "\(function) (Linux 5.10)"
        default: function
        }
    }
}
