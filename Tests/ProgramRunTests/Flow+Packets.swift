// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder

/// The packets of a flow as its four parties see them; all bear the data "data".
extension Flow {
    /// As the client sends it.
    func request(_ flags: TCP.Flags = .syn, ttl: UInt8 = 64) -> Packet {
        packet(client, frontend, flags, ttl)
    }

    /// As the backend gets it.
    func translatedRequest(_ flags: TCP.Flags = .syn, ttl: UInt8 = 64) -> Packet {
        packet(alias ?? client, backend, flags, ttl)
    }

    /// As the backend sends it.
    func reply(_ flags: TCP.Flags = .ack, ttl: UInt8 = 64) -> Packet {
        packet(backend, alias ?? client, flags, ttl)
    }

    /// As the client gets it.
    func translatedReply(_ flags: TCP.Flags = .ack, ttl: UInt8 = 64) -> Packet {
        packet(frontend, client, flags, ttl)
    }

    private func packet(_ source: Endpoint, _ destination: Endpoint, _ flags: TCP.Flags, _ ttl: UInt8) -> Packet {
        Ethernet() / IP(source.address, destination.address, ttl: ttl)
            / Segment(transport, source.port, destination.port, flags) / "data"
    }

    /// What has been seen of it when it has just begun.
    var opened: Entry.Seen { transport == .tcp ? .syn : [] }
    /// … and when both sides have spoken.
    var established: Entry.Seen { transport == .tcp ? .established : [] }
}
