// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import Glibc

/// A TCP or UDP socket of any process that has a peer.
package struct ConnectedSocket: Hashable, Sendable {
    /// What `bpf_get_socket_cookie` says of it: no two sockets of a machine ever have the same.
    package let cookie: UInt64

    package let transport: TransportProtocol

    /// An IPv4 address also when the socket is an IPv6 one that talks IPv4.
    package let local: Endpoint

    /// As ``local``.
    package let peer: Endpoint

    /// Of the socket itself.
    let family: AddressFamily

    /// 0 when it is bound to no interface.
    let interfaceIndex: UInt32
}
