// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import LinuxSystem

@testable import Eligibility

/// Facts of nodes other than the one the tests run on, each as it differs from a node that has everything.
enum RecordedNode: String, CaseIterable {
    case complete, debian5, rhel8, withoutBTF, withoutCgroup2, ipvsLeftovers, locked, unprivileged
    case calico, cilium, here, withoutVXLAN, takenOverlayPort

    var facts: Facts {
        var facts = Self.ofCompleteNode
        change(&facts)
        return facts
    }

    private func change(_ facts: inout Facts) {
        switch self {
        case .complete: break
        case .debian5: Self.makeDebian5(&facts)
        case .rhel8: Self.makeRHEL8(&facts)
        case .withoutBTF: facts.bpf.typeInformation = .unsupported
        case .withoutCgroup2: facts.cgroup = CgroupFacts()
        case .ipvsLeftovers:
            facts.kubeProxy.ipvsServers = 12
            facts.kubeProxy.hasIPVSInterface = true
        case .locked: facts.lockdown = .confidentiality
        case .unprivileged: facts = Self.ofUnprivilegedUser
        case .calico: Self.makeCalico(&facts)
        case .cilium: Self.makeCilium(&facts)
        case .here: Self.makeHere(&facts)
        case .withoutVXLAN: facts.network.vxlan = .unsupported
        case .takenOverlayPort: facts.network.overlayPort = .init(14789, users: ["flannel.1"])
        }
    }

    static let everyCapability = CapabilitySet(bits: 0x1ff_ffff_ffff)

    private static var ofCompleteNode: Facts {
        let kernel = KernelRelease(release: "6.18.2-1-amd64", version: "#1 SMP", machine: "x86_64")
        var facts = Facts(
            kernel: kernel, capabilities: everyCapability,
            bpffs: BPFFilesystem(path: "/sys/fs/bpf", state: .mounted))
        facts.lockdown = .off
        facts.bpf = everything
        facts.cgroup.path = "/sys/fs/cgroup"
        facts.cgroup.isCgroup2 = true
        facts.cgroup.attachment = .supported
        facts.programs = accepted(instructions: 4000)
        facts.network.forwardsIPv4 = true
        facts.network.hasIPv6 = true
        facts.network.isIPv6Disabled = false
        facts.network.forwardsIPv6 = true
        facts.network.strictReversePaths = []
        facts.network.uplinks = [.init(name: "eth0", reason: "has the default route")]
        facts.network.vxlan = .supported
        facts.network.overlayPort = .init(14789)
        facts.kubeProxy.processes = []
        facts.kubeProxy.iptablesChains = .counted(0)
        facts.kubeProxy.nftablesTables = .counted(0)
        facts.kubeProxy.ipvsServers = 0
        facts.kubeProxy.hasIPVSInterface = false
        return facts
    }

    private static var everything: BPFFacts {
        var bpf = BPFFacts()
        bpf.systemCall = .supported
        bpf.typeInformation = .supported
        bpf.isCompiled = true
        bpf.maps = all(RequiredMap.allCases)
        bpf.programTypes = all(RequiredProgramType.allCases)
        bpf.helpers = all(Helper.allCases)
        bpf.tcx = .supported
        bpf.batch = all(RequiredMap.tables)
        return bpf
    }

    private static func all<Item>(_ items: [Item]) -> [Item: Support] {
        Dictionary(uniqueKeysWithValues: items.map { ($0, .supported) })
    }

    private static func accepted(instructions: Int?) -> [EmbeddedImage: ProgramTrial] {
        Dictionary(uniqueKeysWithValues: EmbeddedImage.allCases.map { ($0, .accepted(instructions: instructions)) })
    }
}

extension RecordedNode {
    /// Debian 11: the baseline. No tcx, coarse clock, bpf_set_retval() or batches of tries.
    private static func makeDebian5(_ facts: inout Facts) {
        facts.kernel = KernelRelease(release: "5.10.0-28-amd64", version: "#1 SMP Debian", machine: "x86_64")
        facts.bpf.helpers[.coarseClock] = .unsupported
        facts.bpf.helpers[.setReturnValue] = .unsupported
        facts.bpf.tcx = .unsupported
        facts.bpf.batch[.lpmTrie] = .unsupported
        facts.bpf.batch[.perCPUArray] = .unsupported
        facts.programs = accepted(instructions: nil)
    }

    /// RHEL 8.4: backports, but not the redirects of 5.10, which every packet program names.
    private static func makeRHEL8(_ facts: inout Facts) {
        makeDebian5(&facts)
        facts.kernel = KernelRelease(release: "4.18.0-305.el8.x86_64", version: "#1 SMP", machine: "x86_64")
        facts.bpf.helpers[.redirectNeighbor] = .unsupported
        facts.bpf.helpers[.redirectPeer] = .unsupported
        facts.cgroup.isHybrid = true
        facts.cgroup.path = "/sys/fs/cgroup/unified"
        let lines = [
            "; return bpf_redirect_peer(c->ifindex, 0);", "642: (85) call unknown#155", "invalid func unknown#155",
        ]
        for image in EmbeddedImage.allCases where !image.isConnectTime {
            facts.programs[image] = .refused(.init(errno: .invalidArgument, lines: lines, omitted: 640))
        }
    }

    /// What a process without a capability could still read.
    private static var ofUnprivilegedUser: Facts {
        let complete = ofCompleteNode
        var facts = Facts(kernel: complete.kernel, capabilities: CapabilitySet(bits: 0), bpffs: complete.bpffs)
        facts.network = complete.network
        facts.cgroup.path = complete.cgroup.path
        facts.cgroup.isCgroup2 = true
        facts.calico.programs = nil
        facts.cilium.programs = nil
        facts.forwardPolicy = .unknown(reason: .programFailed("nft"))
        return facts
    }

    private static func makeCalico(_ facts: inout Facts) {
        facts.calico.processes = ["calico-node[812]"]
        facts.calico.programs = ["cali_tc_preambl", "calico_connect_"]
        facts.calico.pins = ["/sys/fs/bpf/calico"]
        facts.calico.links = ["cali1", "cali2", "cali3", "cali4"]
        facts.forwardPolicy = .enforced(by: ["iptables filter/cali-fw-cali1: drop"])
    }

    private static func makeCilium(_ facts: inout Facts) {
        facts.cilium.processes = ["cilium-agent[99]"]
        facts.cilium.programs = ["cil_from_contai"]
        facts.cilium.pins = ["/sys/fs/bpf/cilium"]
        facts.cilium.links = ["cilium_host"]
    }

    /// A virtual machine with a built-in kernel 6.18, without IPVS, lockdown or a bpffs, forwarding nothing.
    private static func makeHere(_ facts: inout Facts) {
        facts.lockdown = nil
        facts.bpffs = BPFFilesystem(path: "/sys/fs/bpf", state: .directory)
        facts.cgroup.path = "/sys/fs/cgroup/unified"
        facts.cgroup.isHybrid = true
        facts.network.forwardsIPv4 = false
        facts.network.forwardsIPv6 = false
    }
}
