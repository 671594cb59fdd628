// SPDX-License-Identifier: Apache-2.0

/// What a check is about; ``text`` is the stable id that `--ignore` takes and scripts match.
package enum CheckID: Hashable, Sendable {
    case kernelVersion, architecture, lockdown, capabilities
    case systemCall, typeInformation, justInTime
    case map(RequiredMap), programType(RequiredProgramType), helper(Helper)
    case tcx, batch
    case bpffs, cgroup2, cgroupAttachment
    case program(EmbeddedImage)
    case ipForward, ipv6, ipv6Forward, reversePathFilter, uplink, vxlan, overlayPort
    case kubeProxyProcess, kubeProxyIptables, kubeProxyNftables, kubeProxyIPVS
    case calico, cilium
    case forwardHookPolicy

    /// Every check, in the order of the listing.
    package static let all: [CheckID] =
        [.kernelVersion, .architecture, .lockdown, .capabilities, .systemCall, .typeInformation, .justInTime]
        + RequiredMap.allCases.map(CheckID.map) + RequiredProgramType.allCases.map(CheckID.programType)
        + Helper.allCases.map(CheckID.helper) + [.tcx, .batch, .bpffs, .cgroup2, .cgroupAttachment]
        + EmbeddedImage.allCases.map(CheckID.program)
        + [.ipForward, .ipv6, .ipv6Forward, .reversePathFilter, .uplink, .vxlan, .overlayPort]
        + [.kubeProxyProcess, .kubeProxyIptables, .kubeProxyNftables, .kubeProxyIPVS, .calico, .cilium]
        + [.forwardHookPolicy]

    /// nil for a word that names no check.
    package init?(_ text: String) {
        guard let id = Self.all.first(where: { $0.text == text }) else { return nil }
        self = id
    }

    package var text: String {
        switch self {
        case .kernelVersion: "kernel.version"
        case .architecture: "kernel.architecture"
        case .lockdown: "kernel.lockdown"
        case .capabilities: "capabilities"
        case .systemCall: "bpf.syscall"
        case .typeInformation: "bpf.btf"
        case .justInTime: "bpf.jit"
        case .map(let map): "bpf.map.\(map.rawValue)"
        case .programType(let type): "bpf.program.\(type.rawValue)"
        case .helper(let helper): "bpf.helper.\(helper.rawValue)"
        case .tcx: "bpf.tcx"
        case .batch: "bpf.batch"
        case .program(let image): "program.\(image.rawValue)"
        default: nodeText
        }
    }

    private var nodeText: String {
        switch self {
        case .bpffs: "mount.bpffs"
        case .cgroup2: "mount.cgroup2"
        case .cgroupAttachment: "bpf.attach.cgroup"
        case .ipForward: "net.ip-forward"
        case .ipv6: "net.ipv6"
        case .ipv6Forward: "net.ipv6-forward"
        case .reversePathFilter: "net.rp-filter"
        case .uplink: "net.uplink"
        case .vxlan: "net.vxlan"
        case .overlayPort: "net.overlay-port"
        case .kubeProxyProcess: "kube-proxy.process"
        case .kubeProxyIptables: "kube-proxy.iptables"
        case .kubeProxyNftables: "kube-proxy.nftables"
        case .kubeProxyIPVS: "kube-proxy.ipvs"
        case .calico: "foreign.calico"
        case .cilium: "foreign.cilium"
        case .forwardHookPolicy: "policy.forward-hook"
        default: ""
        }
    }
}

extension CheckID: CustomStringConvertible {
    package var description: String { text }
}
