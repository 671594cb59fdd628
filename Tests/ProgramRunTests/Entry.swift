// SPDX-License-Identifier: Apache-2.0

import CDataplaneABI
import DataplaneModel

@testable import Dataplane

/// What an entry of the connections map says, free of family and times.
struct Entry: Hashable {
    /// How the packet leaves.
    enum Way: Hashable {
        case stack
        case peer(UInt32)
        case neighbour(UInt32, via: IPAddress)
        /// Through the overlay.
        case tunnel(IPAddress)
    }

    /// Bits of `enum connection_flag`.
    struct Flags: OptionSet, Hashable {
        let rawValue: UInt16
        static let reply = Flags(rawValue: UInt16(CONNECTION_REPLY.rawValue))
        static let connectTime = Flags(rawValue: UInt16(CONNECTION_CONNECT_TIME.rawValue))
        static let clientSide = Flags(rawValue: UInt16(CONNECTION_CLIENT_SIDE.rawValue))
        static let hairpin = Flags(rawValue: UInt16(CONNECTION_HAIRPIN.rawValue))
        static let portReplaced = Flags(rawValue: UInt16(CONNECTION_PORT_REPLACED.rawValue))
        static let outside = Flags(rawValue: UInt16(CONNECTION_OUTSIDE.rawValue))
        static let tunnel = Flags(rawValue: UInt16(CONNECTION_TUNNEL.rawValue))
        static let noService = Flags(rawValue: UInt16(CONNECTION_NO_SERVICE.rawValue))
        static let dsr = Flags(rawValue: UInt16(CONNECTION_DSR.rawValue))
    }

    /// Bits of `enum tcp_seen`.
    struct Seen: OptionSet, Hashable {
        let rawValue: UInt8
        static let syn = Seen(rawValue: UInt8(TCP_SEEN_SYN.rawValue))
        static let synAck = Seen(rawValue: UInt8(TCP_SEEN_SYN_ACK.rawValue))
        static let ack = Seen(rawValue: UInt8(TCP_SEEN_ACK.rawValue))
        static let clientFin = Seen(rawValue: UInt8(TCP_SEEN_CLIENT_FIN.rawValue))
        static let backendFin = Seen(rawValue: UInt8(TCP_SEEN_BACKEND_FIN.rawValue))
        static let reset = Seen(rawValue: UInt8(TCP_SEEN_RESET.rawValue))
        static let established: Seen = [.syn, .synAck, .ack]
    }

    var source: Endpoint
    var destination: Endpoint
    var way = Way.stack
    var serviceID: UInt32
    var flags: Flags = []
    var seen: Seen = []
    var packets: UInt64 = 0
    var bytes: UInt64 = 0
}

/// CLOCK_MONOTONIC nanoseconds.
struct EntryTimes: Hashable {
    var created: UInt64
    var lastSeen: UInt64
}

/// A connection through a service, and the pair of entries it is expected to have.
struct Flow {
    var transport: TransportProtocol
    var client: Endpoint
    var frontend: Endpoint
    var backend: Endpoint
    /// Whom the backend sees instead of the client.
    var alias: Endpoint?

    /// What requests are found by.
    var requestKey: ConnectionKey { ConnectionKey(transport: transport, source: client, destination: frontend) }
    /// What replies are found by.
    var replyKey: ConnectionKey { ConnectionKey(transport: transport, source: backend, destination: alias ?? client) }

    /// - Parameter ways: of the request and of the reply.
    /// - Parameter sent, answered: packets and bytes of the two directions.
    func entries(
        service: UInt32, ways: (Entry.Way, Entry.Way) = (.stack, .stack), flags: Entry.Flags = [],
        seen: Entry.Seen = [], sent: (UInt64, UInt64) = (0, 0), answered: (UInt64, UInt64) = (0, 0)
    ) -> [ConnectionKey: Entry] {
        [
            requestKey: Entry(
                source: alias ?? client, destination: backend, way: ways.0, serviceID: service, flags: flags,
                seen: seen,
                packets: sent.0, bytes: sent.1),
            replyKey: Entry(
                source: frontend, destination: client, way: ways.1, serviceID: service, flags: flags.union(.reply),
                seen: seen, packets: answered.0, bytes: answered.1),
        ]
    }
}
