// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import LinuxSystem
internal import Topology

extension BPFFilesystem {
    init(trying path: String, _ mounts: MountTable) {
        let state: State =
            switch try? Filesystem.kind(path) {
            case .some(.bpf): mounts.mount(at: path)?.isReadOnly == true ? .readOnly : .mounted
            default: Filesystem.isDirectory(path) ? .directory : .absent
            }
        self.init(path: path, state: state)
    }
}

extension CgroupFacts {
    init(trying directory: String?, _ mounts: MountTable) {
        self.init()
        path = directory ?? mounts.cgroup2
        isHybrid = mounts.mounts.contains { $0.type == "cgroup" }
        guard let path else { return }
        isCgroup2 = (try? Filesystem.kind(path)) == .some(.cgroup2)
        if isCgroup2 { attachment = Probe.cgroupAttachment(path) }
    }
}

extension NetworkFacts {
    init(_ snapshot: NodeSnapshot?, _ options: InterfaceSelection.Options) {
        self.init()
        forwardsIPv4 = Self.number("net/ipv4/ip_forward").map { $0 != 0 }
        hasIPv6 = Filesystem.exists("/proc/net/if_inet6")
        isIPv6Disabled = Self.number("net/ipv6/conf/all/disable_ipv6").map { $0 != 0 }
        forwardsIPv6 = Self.number("net/ipv6/conf/all/forwarding").map { $0 != 0 }
        guard let snapshot else { return }
        let selection = InterfaceSelection(snapshot, options: options)
        uplinks = selection.choices.filter { $0.role == .uplink }.map {
            Uplink(name: $0.link.name, reason: $0.reason.text)
        }
        strictReversePaths = Self.strict(among: selection.workloads.map(\.name))
    }

    /// The kernel takes the larger of the interface's setting and that of `all`.
    private static func strict(among interfaces: [String]) -> [String]? {
        guard let all = number("net/ipv4/conf/all/rp_filter") else { return nil }
        return interfaces.filter { max(all, number("net/ipv4/conf/\($0)/rp_filter") ?? 0) == 1 }
    }

    private static func number(_ setting: String) -> Int? {
        (try? Sysctl.read(setting)).flatMap { Int($0) }
    }
}

extension NetworkFacts {
    /// nil when no namespace to try it in can be made.
    static func tryVXLAN() -> Support? {
        guard let namespace = try? NetworkNamespace.anonymous() else { return nil }
        do throws(SystemError) {
            try NetlinkSocket(in: namespace).addVXLAN(VXLANSettings(name: "probe"))
            return .supported
        } catch {
            return error.errno == .notSupported ? .unsupported : .refused(error.errno)
        }
    }
}

extension NetworkFacts.OverlayPort {
    init(_ number: UInt16, among links: [NetworkLink]) {
        let others = links.filter { !$0.isOverlay && !$0.isFormerOverlay && $0.vxlan?.port == number }
        self.init(number, users: others.map(\.name))
    }
}

extension KubeProxyFacts {
    init(_ running: [RunningProcess]?, _ snapshot: NodeSnapshot?, _ filter: PacketFilter) {
        self.init()
        processes = running?.filter { $0.isKubeProxy && $0.isOnThisNetwork }.map(\.label)
        iptablesChains = filter.kubeProxyChains
        nftablesTables = filter.kubeProxyTables
        ipvsServers = Self.ipvsServers()
        hasIPVSInterface = snapshot?.links.contains { $0.name == "kube-ipvs0" }
    }

    /// nil when the table is there but unreadable; without IPVS in the kernel there is no table.
    private static func ipvsServers() -> Int? {
        do {
            let lines = try Filesystem.readText("/proc/net/ip_vs").split(separator: "\n")
            return lines.count { line in ["TCP", "UDP", "SCTP", "FWM"].contains { line.hasPrefix($0) } }
        } catch {
            return error.errno == .noEntry ? 0 : nil
        }
    }
}

extension RunningProcess {
    /// As `kube-proxy[812]`.
    var label: String { "\(name)[\(id)]" }
}
