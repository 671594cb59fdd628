// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI

/// What one reason has been counted for, on all processors together.
package struct CounterReading: Hashable, Sendable {
    package let reason: CounterReason
    package let packets: UInt64
    package let bytes: UInt64
}

/// `enum reason`, with a name and a caption for each; a test holds the two against the programs' own type information.
package enum CounterReason: UInt32, Hashable, Sendable, CaseIterable {
    case notIP
    case notService
    case noConnection
    case notTCPUDP
    case fragment
    case extensionHeader
    case truncated
    case malformed
    case noBackend
    case ttlExpired
    case hostToItself
    case clientSide
    case forwardStack
    case forwardPeer
    case forwardNeighbor
    case tracked
    case slotMissing
    case tableFull
    case collision
    case writeFailed
    case socketTranslated
    case socketRestored
    case socketNotService
    case socketNoBackend
    case socketSlotMissing
    case socketTableFull
    case newConnection
    case expired
    case portReplaced
    case noWay
    case vlan
    case forwardTunnel
    case overlay
    case overlayUnknownSender
    case overlayUnserved
    case noNode
    case unreachableSent
    case tooBigSent
    case sourceDenied
    case spoofed
    case icmpUnrelated
    case icmpTranslated
    case socketLeftToPackets
    case otherWorkload
    case otherMachine
    case overlayInjected
    case noLocalBackend

    /// What became of the packet or call.
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// Left alone.
        case pass
        /// Translated and sent on.
        case forward
        /// Refused: answered with an ICMP error, or dropped for a rule.
        case reject
        /// Dropped, or left alone because something went wrong.
        case error
        /// A socket call, not a packet.
        case socket
        /// Counted beside the outcome.
        case event
    }

    package var outcome: Outcome {
        switch self {
        case .notIP, .notService, .noConnection, .notTCPUDP, .fragment, .extensionHeader, .truncated, .malformed,
            .noBackend, .ttlExpired, .hostToItself, .clientSide, .tracked, .vlan, .overlay, .icmpUnrelated,
            .otherWorkload, .otherMachine:
            .pass
        case .forwardStack, .forwardPeer, .forwardNeighbor, .forwardTunnel: .forward
        case .unreachableSent, .tooBigSent, .sourceDenied, .spoofed, .overlayInjected, .noLocalBackend: .reject
        case .slotMissing, .tableFull, .collision, .writeFailed, .socketSlotMissing, .socketTableFull, .noWay,
            .overlayUnknownSender, .overlayUnserved, .noNode:
            .error
        case .socketTranslated, .socketRestored, .socketNotService, .socketNoBackend, .socketLeftToPackets: .socket
        case .newConnection, .expired, .portReplaced, .icmpTranslated: .event
        }
    }

    /// The stable name in listings.
    package var name: String {
        switch self {
        case .notIP: "not-ip"
        case .notService: "not-service"
        case .noConnection: "no-connection"
        case .notTCPUDP: "not-tcp-udp"
        case .fragment: "fragment"
        case .extensionHeader: "extension-header"
        case .truncated: "truncated"
        case .malformed: "malformed"
        case .noBackend: "no-backend"
        case .ttlExpired: "ttl-expired"
        case .hostToItself: "host-to-itself"
        case .clientSide: "client-side"
        case .otherWorkload: "other-workload"
        case .otherMachine: "other-machine"
        case .overlayInjected: "overlay-injected"
        case .noLocalBackend: "no-local-backend"
        case .forwardStack: "forward-stack"
        case .forwardPeer: "forward-peer"
        case .forwardNeighbor: "forward-neighbor"
        case .tracked: "tracked"
        case .slotMissing: "slot-missing"
        case .tableFull: "table-full"
        case .collision: "collision"
        case .writeFailed: "write-failed"
        case .socketTranslated: "socket-translated"
        case .socketRestored: "socket-restored"
        case .socketNotService: "socket-not-service"
        case .socketNoBackend: "socket-no-backend"
        case .socketSlotMissing: "socket-slot-missing"
        case .socketTableFull: "socket-table-full"
        case .newConnection: "new-connection"
        case .expired: "expired"
        case .portReplaced: "port-replaced"
        case .noWay: "no-way"
        case .vlan: "vlan"
        case .forwardTunnel: "forward-tunnel"
        case .overlay: "overlay"
        case .overlayUnknownSender: "overlay-unknown-sender"
        case .overlayUnserved: "overlay-unserved"
        case .noNode: "no-node"
        case .unreachableSent: "unreachable-sent"
        case .tooBigSent: "too-big-sent"
        case .sourceDenied: "source-denied"
        case .spoofed: "spoofed"
        case .icmpUnrelated: "icmp-unrelated"
        case .icmpTranslated: "icmp-translated"
        case .socketLeftToPackets: "socket-left-to-packets"
        }
    }

    /// One sentence for people.
    package var caption: String {
        switch self {
        case .notIP: "neither IPv4 nor IPv6, such as ARP"
        case .notService: "opens a flow to an address that is no frontend"
        case .noConnection: "TCP of a connection that is not tracked"
        case .notTCPUDP: "another protocol than TCP and UDP, such as ICMP"
        case .fragment: "later fragment of a datagram whose first one was not seen"
        case .extensionHeader: "IPv6 extension header"
        case .truncated: "a header reaches beyond the end of the packet"
        case .malformed: "a header contradicts itself"
        case .noBackend: "service without backends, and no ICMP error could be made: left to the host stack"
        case .ttlExpired: "TTL ends here: the host stack answers"
        case .hostToItself: "host process to a host-network backend on this node, not balanced at connect time"
        case .clientSide: "translated later, on the client's interface"
        case .forwardStack: "translated, routed by the host stack"
        case .forwardPeer: "translated, handed straight into the pod"
        case .forwardNeighbor: "translated, sent to the next hop past the host stack"
        case .otherWorkload: "of a tracked flow of another workload: left to the host stack"
        case .otherMachine: "in a frame for another machine, or of one behind the same uplink"
        case .overlayInjected: "a workload's packet to the overlay's port of a node: refused without an answer"
        case .noLocalBackend: "the policy wants a backend of this node, and all are on others: no answer"
        case .tracked: "nothing to translate: through the host stack"
        case .slotMissing: "a frontend names a slot that does not exist"
        case .tableFull: "no room in the connection table"
        case .collision: "another connection owns the reply's tuple"
        case .writeFailed: "could not be rewritten: dropped"
        case .socketTranslated: "connect() or sendmsg() sent to a backend"
        case .socketRestored: "recvmsg() or getpeername() shown the service's address"
        case .socketNotService: "socket call that names no frontend"
        case .socketNoBackend: "socket call to a service without backends"
        case .socketSlotMissing: "socket call: a frontend names a slot that does not exist"
        case .socketTableFull: "socket call translated, but its peer name will be the backend's"
        case .newConnection: "connection entered into the table"
        case .expired: "a stale connection entry was met"
        case .portReplaced: "the client's port was taken at the backend: another one stands in"
        case .noWay: "the kernel names no way to the backend"
        case .vlan: "VLAN-tagged frame"
        case .forwardTunnel: "sent through the overlay to another node"
        case .overlay: "packet of the overlay itself, seen on the uplink"
        case .overlayUnknownSender: "overlay packet that no known node sent: dropped"
        case .overlayUnserved: "overlay packet without backend or connection here: dropped"
        case .noNode: "nobody has said which node the backend is on: left to the host stack"
        case .unreachableSent: "no backend: answered with an ICMP port unreachable"
        case .tooBigSent: "does not fit the tunnel: answered with an ICMP error that says what does"
        case .sourceDenied: "client outside the service's source ranges: refused without an answer"
        case .spoofed: "source is not the workload's own address: refused without an answer"
        case .icmpUnrelated: "ICMP error about no tracked flow"
        case .icmpTranslated: "ICMP error translated with the flow it is about"
        case .socketLeftToPackets: "socket call to a service with source ranges: its packets decide"
        }
    }
}

extension CounterReading {
    static func readAll(in directory: PinDirectory) throws(DataplaneError) -> [CounterReading] {
        try kernel { () throws(KernelError) in
            let map = try PerCPUMap<UInt32, counter>(pinned: directory.map(.counters))
            return try CounterReason.allCases.map { (reason) throws(KernelError) in
                let values = try map.lookUp(reason.rawValue) ?? []
                return CounterReading(
                    reason: reason, packets: values.reduce(0) { $0 &+ $1.packets },
                    bytes: values.reduce(0) { $0 &+ $1.bytes })
            }
        }
    }
}
