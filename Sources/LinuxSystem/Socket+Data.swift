// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
package import DataplaneModel
import Glibc

/// One received datagram with both of its addresses.
package struct Datagram: Hashable, Sendable {
    package let bytes: [UInt8]
    package let peer: Endpoint

    /// Which of the host's addresses it was sent to.
    package let local: IPAddress
}

extension Socket {
    /// Sends what fits at once over a connected socket; the number of bytes taken, or nil when none fits.
    package func send(_ bytes: [UInt8]) throws(SystemError) -> Int? {
        let result = unsafe bytes.withUnsafeBytes { buffer in
            unsafe Glibc.send(descriptor.rawValue, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
        }
        return try Self.outcome(result, .send, "peer")
    }

    /// Sends one datagram over an unconnected socket; false when the buffer is full.
    package func send(_ bytes: [UInt8], to endpoint: Endpoint) throws(SystemError) -> Bool {
        let result = unsafe withSocketAddress(endpoint) { address, length in
            unsafe bytes.withUnsafeBytes { buffer in
                let flags = Int32(MSG_NOSIGNAL)
                return unsafe sendto(descriptor.rawValue, buffer.baseAddress, buffer.count, flags, address, length)
            }
        }
        return try Self.outcome(result, .send, "\(endpoint)") != nil
    }

    /// Receives at most `limit` bytes from a connected socket: empty at TCP's end, nil when nothing is there yet.
    package func receive(upTo limit: Int) throws(SystemError) -> [UInt8]? {
        var length = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            length = unsafe recv(descriptor.rawValue, buffer.baseAddress, limit, 0)
            count = max(0, length)
        }
        return try Self.outcome(length, .receive, "peer") == nil ? nil : bytes
    }

    /// Receives one datagram on a socket of ``datagrams(on:)``; nil when none is there yet.
    package func receiveDatagram(upTo limit: Int = 65_536) throws(SystemError) -> Datagram? {
        var information = shim_datagram()
        var length = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            length = unsafe shim_receive_datagram(descriptor.rawValue, base, limit, &information)
            count = max(0, length)
        }
        guard try Self.outcome(length, .receive, "any peer") != nil else { return nil }
        guard let peer = Endpoint(storage: information.peer) else {
            throw SystemError(.receive, "any peer", .invalidArgument)
        }
        let local = unsafe withUnsafeBytes(of: &information.local) { unsafe Array($0) }
        let size = peer.family.bitWidth / 8
        guard let address = IPAddress(networkBytes: local.span.extracting(first: size)) else {
            throw SystemError(.receive, "\(peer)", .invalidArgument)
        }
        return Datagram(bytes: bytes, peer: peer, local: address)
    }

    /// Answers a datagram from the very address it was sent to; false when the buffer is full.
    package func answer(_ datagram: Datagram, with bytes: [UInt8]) throws(SystemError) -> Bool {
        var information = shim_datagram()
        information.peer = datagram.peer.storage
        datagram.local.withNetworkBytes { (address: Span<UInt8>) in
            unsafe withUnsafeMutableBytes(of: &information.local) { field in
                for index in address.indices { unsafe field[index] = address[index] }
            }
        }
        let result = unsafe bytes.withUnsafeBytes { buffer -> Int in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe shim_answer_datagram(descriptor.rawValue, base, buffer.count, &information)
        }
        return try Self.outcome(result, .send, "\(datagram.peer)") != nil
    }

    private static func outcome(
        _ result: Int, _ operation: SystemOperation, _ subject: @autoclosure () -> String
    ) throws(SystemError) -> Int? {
        if result >= 0 { return result }
        let failure = Errno.current
        if failure == .wouldBlock || failure == .interrupted { return nil }
        throw SystemError(operation, subject(), failure)
    }
}

extension Endpoint {
    /// nil for other families than the two.
    init?(storage: sockaddr_storage) {
        var storage = storage
        let bytes = unsafe withUnsafeBytes(of: &storage) { unsafe Array($0) }
        guard let family = AddressFamily(socketFamily: Int32(storage.ss_family)) else { return nil }
        // Both forms hold the port in bytes 2 and 3; sockaddr_in6 has its flow label before the address.
        let start = family == .v4 ? 4 : 8
        let end = start + family.bitWidth / 8
        guard let address = IPAddress(networkBytes: bytes[start..<end].span) else { return nil }
        self.init(address: address, port: UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
    }

    var storage: sockaddr_storage {
        var storage = sockaddr_storage()
        storage.ss_family = sa_family_t(family.socketFamily)
        let start = family == .v4 ? 4 : 8
        address.withNetworkBytes { (address: Span<UInt8>) in
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes[2] = UInt8(port >> 8)
                unsafe bytes[3] = UInt8(port & 255)
                for index in address.indices { unsafe bytes[start + index] = address[index] }
            }
        }
        return storage
    }
}

/// Lends an endpoint in the form that the socket calls take.
func withSocketAddress<Result>(_ endpoint: Endpoint, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = endpoint.storage
    let length = endpoint.family == .v4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return unsafe withUnsafePointer(to: &storage) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, socklen_t(length)) }
    }
}
