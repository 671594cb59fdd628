// SPDX-License-Identifier: Apache-2.0

/// What of the kernel's settings and messages concerns this tool.
enum DiagsSettings {
    /// Names below `/proc/sys`, besides those of each interface.
    static let sysctls = [
        "kernel/bpf_stats_enabled", "kernel/unprivileged_bpf_disabled", "net/core/bpf_jit_enable",
        "net/core/bpf_jit_harden", "net/core/bpf_jit_limit", "net/ipv4/ip_forward", "net/ipv4/ip_local_port_range",
        "net/ipv4/ip_nonlocal_bind", "net/ipv6/conf/all/disable_ipv6", "net/ipv6/conf/all/forwarding",
        "net/bridge/bridge-nf-call-iptables", "net/netfilter/nf_conntrack_count", "net/netfilter/nf_conntrack_max",
        "net/netfilter/nf_conntrack_tcp_timeout_established", "net/netfilter/nf_conntrack_tcp_timeout_fin_wait",
        "net/netfilter/nf_conntrack_tcp_be_liberal", "net/netfilter/nf_conntrack_udp_timeout",
    ]

    /// Parts of option names.
    static let configuration = [
        "BPF", "CONFIG_NET_CLS_ACT", "CONFIG_NET_SCH_INGRESS", "CONFIG_CGROUPS", "CONFIG_VXLAN", "CONFIG_INET_DIAG",
        "CONFIG_INET_UDP_DIAG", "CONFIG_DEBUG_INFO_BTF", "CONFIG_IPV6=", "CONFIG_VETH",
    ]

    /// In lower case.
    static let logWords = ["bpf", "vxlan", "martian", "nf_conntrack: table full", "neighbour: arp_cache"]
}
