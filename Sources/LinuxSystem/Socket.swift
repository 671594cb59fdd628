// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
package import DataplaneModel
import Glibc

/// A TCP or UDP socket that never blocks: what cannot be done at once is nil, and ``Poll`` waits for it.
///
/// It belongs to the network namespace of the thread that made it.
package struct Socket: ~Copyable, Sendable {
    package let descriptor: Descriptor

    /// An unbound socket; an IPv6 one does not take IPv4.
    init(_ transport: TransportProtocol, family: AddressFamily) throws(SystemError) {
        let number = shim_open_socket(family.socketFamily, Int32(transport.rawValue))
        guard number >= 0 else { throw SystemError(.createSocket, "\(family) \(transport)", .current) }
        descriptor = Descriptor(owning: number)
        setOption(SOL_SOCKET, SO_REUSEADDR)
        if family == .v6 { setOption(Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
    }

    private init(accepted number: Int32) {
        descriptor = Descriptor(owning: number)
    }

    private func setOption(_ level: Int32, _ option: Int32) {
        var yes: Int32 = 1
        unsafe setsockopt(descriptor.rawValue, level, option, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension Socket {
    /// A TCP socket that takes connections; port 0 has the kernel choose one: see ``localEndpoint()``.
    package static func listening(on endpoint: Endpoint, backlog: Int32 = 1024) throws(SystemError) -> Socket {
        let socket = try Socket(.tcp, family: endpoint.family)
        try socket.bind(to: endpoint)
        guard listen(socket.descriptor.rawValue, backlog) == 0 else {
            throw SystemError(.listenOnSocket, "\(endpoint)", .current)
        }
        return socket
    }

    /// A UDP socket that knows for each datagram which of the host's addresses it was sent to.
    package static func datagrams(on endpoint: Endpoint) throws(SystemError) -> Socket {
        let socket = try Socket(.udp, family: endpoint.family)
        guard shim_want_local_address(socket.descriptor.rawValue, endpoint.family.socketFamily) == 0 else {
            throw SystemError(.createSocket, "\(endpoint)", .current)
        }
        try socket.bind(to: endpoint)
        return socket
    }

    /// A socket connected to `endpoint`, waiting for TCP's handshake until `deadline`.
    ///
    /// - Throws: ``SystemError`` with operation `connectSocket`; `ETIMEDOUT` also for the deadline.
    package static func connected(
        _ transport: TransportProtocol, to endpoint: Endpoint, from local: Endpoint? = nil, until deadline: Deadline
    ) throws(SystemError) -> Socket {
        let socket = try Socket(transport, family: endpoint.family)
        if let local { try socket.bind(to: local) }
        let result = unsafe withSocketAddress(endpoint) { address, length in
            unsafe connect(socket.descriptor.rawValue, address, length)
        }
        if result == 0 { return socket }
        var failure = Errno.current
        if failure == .inProgress {
            guard try Poll.writable(socket.descriptor.rawValue, until: deadline) else {
                throw SystemError(.connectSocket, "\(endpoint)", .timedOut)
            }
            failure = socket.pendingError
            if failure.rawValue == 0 { return socket }
        }
        throw SystemError(.connectSocket, "\(endpoint)", failure)
    }

    /// The next connection that waits; nil when none does.
    package func accept() throws(SystemError) -> Socket? {
        let number = shim_accept(descriptor.rawValue)
        if number >= 0 { return Socket(accepted: number) }
        let failure = Errno.current
        // What went wrong with one connection before it was taken is no fault of the listener: accept(2).
        if [.wouldBlock, .connectionAborted, .interrupted].contains(failure) { return nil }
        throw SystemError(.receive, "listening socket", failure)
    }

    private func bind(to endpoint: Endpoint) throws(SystemError) {
        let result = unsafe withSocketAddress(endpoint) { address, length in
            unsafe Glibc.bind(descriptor.rawValue, address, length)
        }
        guard result == 0 else { throw SystemError(.bindSocket, "\(endpoint)", .current) }
    }

    /// What `bpf_get_socket_cookie` says of it: SO_COOKIE. Nil where the kernel does not tell.
    package var cookie: UInt64? {
        var number: UInt64 = 0
        var length = socklen_t(MemoryLayout<UInt64>.size)
        let result = unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, SO_COOKIE, &number, &length)
        return result == 0 ? number : nil
    }

    /// SO_ERROR, which it also clears; number 0 when all is well.
    package var pendingError: Errno {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, SO_ERROR, &number, &length)
        return Errno(rawValue: number)
    }
}

extension Socket {
    /// The address and port this end is bound to.
    package func localEndpoint() throws(SystemError) -> Endpoint {
        try unsafe endpoint { unsafe getsockname(descriptor.rawValue, $0, $1) }
    }

    /// The other end of a connected socket.
    package func peerEndpoint() throws(SystemError) -> Endpoint {
        try unsafe endpoint { unsafe getpeername(descriptor.rawValue, $0, $1) }
    }

    private func endpoint(
        _ ask: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) throws(SystemError) -> Endpoint {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe ask($0, &length) }
        }
        guard result == 0 else { throw SystemError(.inspectSocket, "socket", .current) }
        guard let endpoint = Endpoint(storage: storage) else {
            throw SystemError(.inspectSocket, "socket", .invalidArgument)
        }
        return endpoint
    }
}
