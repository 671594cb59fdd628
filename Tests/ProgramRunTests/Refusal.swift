// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import PacketBuilder

/// The ICMP error that a packet turns into: from whom it was sent to, on the way back that it came.
func answer(to packet: Packet, _ error: ICMP.Error, mtu: UInt32 = 0, transportBytes: Int = 8) -> Packet {
    let outer = packet.layers.lazy.compactMap { $0.addresses }.first
    guard let outer else { return packet }
    let family = outer.source.family
    return Ethernet.turned / plainIP(outer.destination, outer.source) / ICMP(family, error, mtu: mtu)
        / Quote(packet, transportBytes: transportBytes)
}

func portUnreachable(about packet: Packet) -> Packet { answer(to: packet, .portUnreachable) }

/// A header with nothing in it that is optional.
private func plainIP(_ source: IPAddress, _ destination: IPAddress) -> any Layer {
    switch source.family {
    case .v4:
        var header = IPv4(source, destination)
        (header.identification, header.fragment) = (0, 0)
        return header
    case .v6:
        var header = IPv6(source, destination)
        header.flow = 0
        return header
    }
}
