// SPDX-License-Identifier: Apache-2.0

/// One tracked connection, its two directions merged.
package struct Connection: Hashable, Sendable {
    /// Packets and bytes of one direction, as the datapath has counted them.
    package struct Traffic: Hashable, Sendable {
        package var packets: UInt64
        package var bytes: UInt64

        package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
            self.packets = packets
            self.bytes = bytes
        }
    }

    package var key: ConnectionKey
    /// Who serves it; nil when another node does, which chooses among its own backends.
    package var backend: Endpoint?
    /// The node that the requests are sent to through the overlay; nil when they are translated here.
    package var node: IPAddress?
    package var serviceID: UInt32
    /// Nil when the service has been deleted since.
    package var service: ServiceName?
    /// Nil for UDP.
    package var state: TCPState?
    package var forward: Traffic
    package var reply: Traffic
    /// Time since the first packet; nil when the entry does not record it.
    package var age: Duration?
    /// Time since the last packet of either direction.
    package var idle: Duration
    package var flags: ConnectionFlags

    package init(
        key: ConnectionKey, backend: Endpoint?, node: IPAddress? = nil, serviceID: UInt32, service: ServiceName?,
        state: TCPState?, forward: Traffic = Traffic(), reply: Traffic = Traffic(), age: Duration? = nil,
        idle: Duration = .zero, flags: ConnectionFlags = []
    ) {
        self.key = key
        self.backend = backend
        self.node = node
        self.serviceID = serviceID
        self.service = service
        self.state = state
        self.forward = forward
        self.reply = reply
        self.age = age
        self.idle = idle
        self.flags = flags
    }

    /// Both directions together.
    package var total: Traffic {
        Traffic(packets: forward.packets &+ reply.packets, bytes: forward.bytes &+ reply.bytes)
    }
}

/// How a connection is carried; not the bits of the maps, which the dataplane translates.
package struct ConnectionFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The backend runs on this node.
    package static let localBackend = ConnectionFlags(rawValue: 1 << 0)
    /// Requests travel through the overlay to another node.
    package static let tunnel = ConnectionFlags(rawValue: 1 << 1)
    /// Replies leave the backend's node directly.
    package static let directReturn = ConnectionFlags(rawValue: 1 << 2)
    /// Client and backend are the same pod.
    package static let hairpin = ConnectionFlags(rawValue: 1 << 3)
    /// The source port was replaced because another connection had it.
    package static let portReplaced = ConnectionFlags(rawValue: 1 << 4)
    /// Balanced when the socket connected; no packet is translated.
    package static let connectTime = ConnectionFlags(rawValue: 1 << 5)
    /// Goes through the host stack, where netfilter sees it.
    package static let hostStack = ConnectionFlags(rawValue: 1 << 6)
    /// The client came in by an uplink or the overlay.
    package static let outside = ConnectionFlags(rawValue: 1 << 7)
    /// Of no service: tracked to be sent from pod to pod past the host stack, or for its answers to be known.
    package static let noService = ConnectionFlags(rawValue: 1 << 8)

    /// The names that tables and documents use, in the order of the bits.
    package var names: [String] { Self.allNames[Int(rawValue & Self.everything)] }

    private static let everything: UInt16 = (1 << 9) - 1

    /// Of each combination: listings ask for them a million times.
    private static let allNames: [[String]] = (0...everything).map { bits in
        captions.filter { ConnectionFlags(rawValue: bits).contains($0.flag) }.map(\.name)
    }

    private static let captions: [(flag: ConnectionFlags, name: String)] = [
        (.localBackend, "local"), (.tunnel, "tunnel"), (.directReturn, "dsr"), (.hairpin, "hairpin"),
        (.portReplaced, "port-replaced"), (.connectTime, "connect-time"), (.hostStack, "host-stack"),
        (.outside, "outside"), (.noService, "no-service"),
    ]
}
