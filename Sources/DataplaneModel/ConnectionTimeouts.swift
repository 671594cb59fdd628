// SPDX-License-Identifier: Apache-2.0

/// How long an idle connection is kept, by how far it has come.
///
/// Calico's values (felix `bpf/conntrack/timeouts`); its generic and ICMP timeouts have no counterpart because only
/// TCP and UDP are tracked.
package struct ConnectionTimeouts: Hashable, Sendable {
    package enum Phase: String, Hashable, Sendable, CaseIterable {
        case tcpSynSent = "tcp-syn-sent"
        case tcpEstablished = "tcp-established"
        /// Both FINs seen, or the only one that is visible under DSR.
        case tcpFinsSeen = "tcp-fins-seen"
        case tcpResetSeen = "tcp-reset-seen"
        case udp

        /// The sysctl, in seconds, that `auto` takes the value from; nil where the default is used.
        package var sysctl: String? {
            switch self {
            case .tcpSynSent: "net.netfilter.nf_conntrack_tcp_timeout_syn_sent"
            case .tcpEstablished: "net.netfilter.nf_conntrack_tcp_timeout_established"
            case .tcpFinsSeen: "net.netfilter.nf_conntrack_tcp_timeout_time_wait"
            case .tcpResetSeen, .udp: nil
            }
        }
    }

    package var tcpSynSent: Duration = .seconds(20)
    package var tcpEstablished: Duration = .seconds(3600)
    package var tcpFinsSeen: Duration = .seconds(30)
    package var tcpResetSeen: Duration = .seconds(40)
    package var udp: Duration = .seconds(60)

    package init() {}

    package subscript(phase: Phase) -> Duration {
        get { self[keyPath: Self.path(phase)] }
        set { self[keyPath: Self.path(phase)] = newValue }
    }

    private static func path(_ phase: Phase) -> WritableKeyPath<ConnectionTimeouts, Duration> {
        switch phase {
        case .tcpSynSent: \.tcpSynSent
        case .tcpEstablished: \.tcpEstablished
        case .tcpFinsSeen: \.tcpFinsSeen
        case .tcpResetSeen: \.tcpResetSeen
        case .udp: \.udp
        }
    }
}
