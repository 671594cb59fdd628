// SPDX-License-Identifier: Apache-2.0

/// What an event is about, in one word: reasons that are told apart only by their cause are one kind.
package enum TraceKind: String, Hashable, Sendable, CaseIterable {
    /// A connection was entered into the table; the exit of its first packet is an event of its own.
    case new
    /// Sent on as the connection table says, translated or past the host stack.
    case forward
    /// A socket call was given a backend, or shown the service's address again.
    case socket
    /// Left to the host stack.
    case pass
    /// Dropped because something is wrong.
    case drop
    /// Refused: answered with an error, or dropped for a rule; of packets what `counter list` calls so.
    case reject
    /// Told beside the exit.
    case note
}

extension CounterReason {
    package var kind: TraceKind {
        switch self {
        case .newConnection: .new
        case .forwardStack, .forwardPeer, .forwardNeighbor, .forwardTunnel: .forward
        case .socketTranslated, .socketRestored, .socketTableFull: .socket
        case .writeFailed, .overlayUnknownSender, .overlayUnserved: .drop
        case .unreachableSent, .tooBigSent, .sourceDenied, .spoofed, .overlayInjected, .noLocalBackend,
            .socketNoBackend:
            .reject
        case .expired, .portReplaced, .icmpTranslated: .note
        case .notIP, .notService, .noConnection, .notTCPUDP, .fragment, .extensionHeader, .truncated, .malformed,
            .noBackend, .ttlExpired, .hostToItself, .clientSide, .tracked, .vlan, .overlay, .icmpUnrelated,
            .otherWorkload, .otherMachine, .slotMissing, .tableFull, .collision, .noWay, .noNode,
            .socketNotService, .socketSlotMissing, .socketLeftToPackets:
            .pass
        }
    }
}
