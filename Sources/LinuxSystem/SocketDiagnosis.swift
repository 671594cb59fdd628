// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
package import DataplaneModel
import Glibc

/// A view of everybody's sockets in one network namespace, the one it was opened in.
///
/// One thread at a time.
package struct SocketDiagnosis: ~Copyable {
    private let descriptor: Descriptor

    /// Opens a view of the calling thread's network namespace. sock_diag(7).
    package init() throws(SystemError) {
        descriptor = Descriptor(owning: try Self.open())
    }

    /// Opens a view of another network namespace; the calling thread stays where it is.
    package init(in namespace: borrowing NetworkNamespace) throws(SystemError) {
        descriptor = Descriptor(owning: try namespace.run { () throws(SystemError) in try Self.open() })
    }

    private static func open() throws(SystemError) -> Int32 {
        let number = shim_open_socket_diag()
        guard number >= 0 else { throw SystemError(.openNetlink, "", .current) }
        return number
    }

    /// Visits the sockets that have a peer, without those of TCP that are closed and only wait for time to pass.
    ///
    /// - Parameter family: of the socket; an IPv6 one may have IPv4 peers.
    /// - Throws: ``SystemError``: `EOPNOTSUPP` where the kernel cannot list sockets of this transport.
    package func forEach(
        _ transport: TransportProtocol, family: AddressFamily, _ body: (ConnectedSocket) -> Void
    ) throws(SystemError) {
        try withoutActuallyEscaping(body) { (body) throws(SystemError) in
            let visitor = Visitor(body)
            let context = unsafe Unmanaged.passUnretained(visitor).toOpaque()
            let result = withExtendedLifetime(visitor) {
                unsafe shim_diag_sockets(
                    descriptor.rawValue, family.socketFamily, Int32(transport.rawValue), Visitor.visit, context)
            }
            guard result == 0 else { throw SystemError(.listSockets, "\(transport)", .current) }
        }
    }

    /// Ends a socket, whose process may connect anew; TCP's peer gets a RST.
    ///
    /// Who waits for data, or looks for it next, gets `ECONNABORTED`; from then on UDP's sending gets `EDESTADDRREQ`.
    ///
    /// - Returns: false when it was gone already.
    /// - Throws: ``SystemError``: `EOPNOTSUPP` where the kernel is built without it, `EPERM` without CAP_NET_ADMIN.
    package func destroy(_ socket: ConnectedSocket) throws(SystemError) -> Bool {
        var raw = shim_diag_socket(socket)
        guard unsafe shim_diag_destroy(descriptor.rawValue, &raw) != 0 else { return true }
        let failure = Errno.current
        guard failure == .noEntry else { throw SystemError(.destroySocket, "\(socket.peer)", failure) }
        return false
    }
}

/// Carries a closure through the callback.
private final class Visitor {
    let body: (ConnectedSocket) -> Void

    init(_ body: @escaping (ConnectedSocket) -> Void) {
        self.body = body
    }

    static let visit: shim_diag_visit = { found, context in
        guard let socket = unsafe ConnectedSocket(found.pointee) else { return }
        unsafe Unmanaged<Visitor>.fromOpaque(context).takeUnretainedValue().body(socket)
    }
}

extension ConnectedSocket {
    /// nil for what is neither TCP nor UDP over IP.
    fileprivate init?(_ raw: shim_diag_socket) {
        guard let transport = TransportProtocol(rawValue: raw.protocol),
            let family = AddressFamily(socketFamily: Int32(raw.family)),
            let local = IPAddress(raw.local, family), let peer = IPAddress(raw.peer, family)
        else { return nil }
        self.init(
            cookie: raw.cookie, transport: transport, local: Endpoint(address: local.unmapped, port: raw.local_port),
            peer: Endpoint(address: peer.unmapped, port: raw.peer_port), family: family,
            interfaceIndex: raw.interface)
    }
}

extension shim_diag_socket {
    fileprivate init(_ socket: ConnectedSocket) {
        self.init()
        cookie = socket.cookie
        family = UInt8(socket.family.socketFamily)
        `protocol` = socket.transport.rawValue
        (local_port, peer_port) = (socket.local.port, socket.peer.port)
        interface = socket.interfaceIndex
        unsafe withUnsafeMutableBytes(of: &local) { unsafe $0.fill(socket.local.address, socket.family) }
        unsafe withUnsafeMutableBytes(of: &peer) { unsafe $0.fill(socket.peer.address, socket.family) }
    }
}

extension IPAddress {
    /// Reads the 4 or 16 bytes that a socket of the family uses of a field.
    fileprivate init?<Field: BitwiseCopyable>(_ field: Field, _ family: AddressFamily) {
        let bytes = unsafe withUnsafeBytes(of: field) { unsafe Array($0.prefix(family.bitWidth / 8)) }
        self.init(networkBytes: bytes.span)
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes an address as a socket of the family holds it.
    fileprivate func fill(_ address: IPAddress, _ family: AddressFamily) {
        address.withNetworkBytes { (bytes: Span<UInt8>) in
            let isMapped = bytes.count == 4 && family == .v6
            if isMapped { (unsafe self[10], unsafe self[11]) = (0xFF, 0xFF) }
            for index in bytes.indices { unsafe self[(isMapped ? 12 : 0) + index] = bytes[index] }
        }
    }
}
