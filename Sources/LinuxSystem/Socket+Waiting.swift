// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
import Glibc

/// Sockets whose calls wait until they are done, as most programs use them; nil results do not occur then.
extension Socket {
    /// An unbound socket whose calls wait, for ``establish(to:)`` alone to be timed.
    package static func waiting(_ transport: TransportProtocol, family: AddressFamily) throws(SystemError) -> Socket {
        let socket = try Socket(transport, family: family)
        try socket.waitInCalls()
        return socket
    }

    /// Makes the calls of a socket wait that was made not to.
    package func waitInCalls() throws(SystemError) {
        let flags = fcntl(descriptor.rawValue, F_GETFL)
        guard flags >= 0, fcntl(descriptor.rawValue, F_SETFL, flags & ~O_NONBLOCK) == 0 else {
            throw SystemError(.inspectSocket, "socket", .current)
        }
    }

    /// Connects and waits until the handshake is done: connect(2).
    package func establish(to endpoint: Endpoint) throws(SystemError) {
        let result = unsafe withSocketAddress(endpoint) { address, length in
            unsafe connect(descriptor.rawValue, address, length)
        }
        guard result == 0 else { throw SystemError(.connectSocket, "\(endpoint)", .current) }
    }

    /// Receives what fits into `buffer`, which keeps its length.
    ///
    /// - Returns: the number of bytes at the buffer's start that are new; 0 at TCP's end.
    package func receive(into buffer: inout [UInt8]) throws(SystemError) -> Int {
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe recv(descriptor.rawValue, bytes.baseAddress, bytes.count, 0)
        }
        guard count >= 0 else { throw SystemError(.receive, "peer", .current) }
        return count
    }

    /// Sends small segments at once instead of gathering them: TCP_NODELAY.
    package func sendWithoutDelay() throws(SystemError) {
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe setsockopt(descriptor.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size) == 0 else {
            throw SystemError(.inspectSocket, "socket", .current)
        }
    }

    /// Has closing reset the connection, so that neither end keeps it in TIME-WAIT: SO_LINGER.
    package func resetWhenClosed() throws(SystemError) {
        var setting = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        guard unsafe setsockopt(descriptor.rawValue, SOL_SOCKET, SO_LINGER, &setting, size) == 0 else {
            throw SystemError(.inspectSocket, "socket", .current)
        }
    }

    /// Has TCP use the algorithm of that name; of a listening socket, for those that it takes: TCP_CONGESTION.
    package func useCongestionControl(_ name: String) throws(SystemError) {
        let length = socklen_t(name.utf8.count)
        guard unsafe setsockopt(descriptor.rawValue, Int32(IPPROTO_TCP), TCP_CONGESTION, name, length) == 0 else {
            throw SystemError(.inspectSocket, name, .current)
        }
    }
}
