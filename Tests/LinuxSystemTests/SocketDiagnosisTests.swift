// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Glibc
import Testing

@testable import LinuxSystem

/// A loopback server with two clients, whose sockets are of the given family.
private final class Conversation {
    let server: Socket
    let clients: [Client]

    /// A connected socket of a family of its own choice: an IPv6 one may talk IPv4.
    final class Client {
        let descriptor: Descriptor

        init(_ transport: TransportProtocol, _ family: AddressFamily, to peer: Endpoint) throws {
            let kind = transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
            let number = socket(family.socketFamily, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            try #require(number >= 0)
            descriptor = Descriptor(owning: number)
            let target = peer.family == family ? peer : try peer.mapped()
            let result = unsafe withSocketAddress(target) { address, length in unsafe connect(number, address, length) }
            #expect(result == 0)
        }

        var cookie: UInt64 {
            var cookie: UInt64 = 0
            var length = socklen_t(MemoryLayout<UInt64>.size)
            // SO_COOKIE
            unsafe getsockopt(descriptor.rawValue, SOL_SOCKET, 57, &cookie, &length)
            return cookie
        }

        /// The error number of the next send, 0 when it succeeds.
        func send() -> Int32 {
            unsafe Glibc.send(descriptor.rawValue, "x", 1, Int32(MSG_NOSIGNAL)) == 1 ? 0 : errno
        }

        /// The error number of the next receive, which does not wait.
        func receive() -> Int32 {
            var byte: UInt8 = 0
            return unsafe recv(descriptor.rawValue, &byte, 1, Int32(MSG_DONTWAIT)) >= 0 ? 0 : errno
        }
    }

    init(_ transport: TransportProtocol, _ family: AddressFamily, on address: String) throws {
        let endpoint = Endpoint(address: try IPAddress(address), port: 0)
        server = transport == .tcp ? try .listening(on: endpoint) : try .datagrams(on: endpoint)
        let target = try server.localEndpoint()
        clients = try (0..<2).map { _ in try Client(transport, family, to: target) }
    }

    /// What the diagnosis knows of the clients, in their order.
    func found(_ transport: TransportProtocol, _ family: AddressFamily) throws -> [ConnectedSocket] {
        let target = try server.localEndpoint()
        var found: [UInt64: ConnectedSocket] = [:]
        try SocketDiagnosis().forEach(transport, family: family) { socket in
            if socket.peer == target { found[socket.cookie] = socket }
        }
        #expect(found.count == 2)
        return try clients.map { try #require(found[$0.cookie]) }
    }
}

extension Endpoint {
    fileprivate func mapped() throws -> Endpoint {
        Endpoint(address: try IPAddress("::ffff:\(address)"), port: port)
    }
}

@Suite(.needsRoot) struct SocketDiagnosisTests {
    static let cases: [(TransportProtocol, AddressFamily, String)] = TransportProtocol.allCases.flatMap {
        [($0, .v4, "127.0.0.1"), ($0, .v6, "::1"), ($0, .v6, "127.0.0.1")]
    }

    @Test(arguments: cases)
    func aConnectedSocketIsFoundByItsPeer(transport: TransportProtocol, family: AddressFamily, host: String) throws {
        let conversation = try Conversation(transport, family, on: host)
        let found = try conversation.found(transport, family)
        #expect(found.map(\.cookie) == conversation.clients.map(\.cookie))
        #expect(found.map(\.transport) == [transport, transport])
        #expect(found.map(\.local.address) == [try IPAddress(host), try IPAddress(host)])
    }

    @Test(arguments: cases)
    func endingASocketTellsItsProcessAndNobodyElse(
        transport: TransportProtocol, family: AddressFamily, host: String
    ) throws {
        let conversation = try Conversation(transport, family, on: host)
        let found = try conversation.found(transport, family)
        let diagnosis = try SocketDiagnosis()
        #expect(try diagnosis.destroy(found[0]))
        #expect(conversation.clients.map { $0.receive() } == [ECONNABORTED, EAGAIN])
        #expect(conversation.clients.map { $0.send() } == [transport == .tcp ? EPIPE : EDESTADDRREQ, 0])
        #expect(try !diagnosis.destroy(found[0]))
    }

    @Test func aSocketWithANewPeerIsNotTheOneThatWasFound() throws {
        let conversation = try Conversation(.udp, .v4, on: "127.0.0.1")
        let found = try conversation.found(.udp, .v4)
        let stale = ConnectedSocket(
            cookie: found[0].cookie + 1, transport: .udp, local: found[0].local, peer: found[0].peer, family: .v4,
            interfaceIndex: 0)
        #expect(try !SocketDiagnosis().destroy(stale))
        #expect(conversation.clients.map { $0.send() } == [0, 0])
    }

    @Test func theEndOfATCPSocketReachesItsPeer() throws {
        let conversation = try Conversation(.tcp, .v4, on: "127.0.0.1")
        #expect(try Poll.readable([conversation.server.descriptor.rawValue], until: soon()) == [true])
        let accepted = Accepted(try conversation.server.accept())
        let found = try conversation.found(.tcp, .v4)
        let local = try #require(try accepted.peer)
        let client = try #require(found.first { $0.local == local })
        #expect(try SocketDiagnosis().destroy(client))
        #expect(throws: SystemError(.receive, "peer", .connectionReset)) { try accepted.receive() }
    }

    @Test func socketsOfANamespaceAreSeenThroughItOnly() throws {
        let namespace = try NetworkNamespace.anonymous()
        let inside = try namespace.run { () throws(SystemError) in
            let socket = try NetlinkSocket()
            guard let loopback = try socket.links().first(where: \.isLoopback) else { return nil as Conversation? }
            try socket.change(index: loopback.index, LinkSettings(isUp: true))
            return try? Conversation(.udp, .v4, on: "127.0.0.1")
        }
        let cookies = Set(try #require(inside).clients.map(\.cookie))
        #expect(try Self.cookies(SocketDiagnosis(in: namespace)) == cookies)
        #expect(try Self.cookies(SocketDiagnosis()).isDisjoint(with: cookies))
    }

    private static func cookies(_ diagnosis: borrowing SocketDiagnosis) throws -> Set<UInt64> {
        var cookies: Set<UInt64> = []
        try diagnosis.forEach(.udp, family: .v4) { cookies.insert($0.cookie) }
        return cookies
    }
}

/// An accepted connection that closures can share.
private final class Accepted {
    private let socket: Socket?

    init(_ socket: consuming Socket?) { self.socket = socket }

    var peer: Endpoint? {
        get throws { try socket?.peerEndpoint() }
    }

    func receive() throws -> [UInt8]? { try socket?.receive(upTo: 10) }
}

@Suite(.needsRoot) struct NamespaceSearchTests {
    /// The namespaces that the paths lead to; those whose process has ended meanwhile are left out.
    private func inodes(_ paths: [String]) -> [UInt64] { paths.compactMap { try? NetworkNamespace(at: $0).inode } }

    @Test func theOwnNamespaceComesFirstAndEachOnce() throws {
        let found = inodes(try NetworkNamespace.findAll())
        #expect(try found.first == NetworkNamespace.current().inode)
        #expect(Set(found).count == found.count)
    }

    /// The first process may have capabilities that this one lacks, which keeps its `ns` closed.
    @Test(.enabled(if: sharesNamespaceWithFirstProcess, "is in another network namespace than the first process"))
    func aProcessWhoseNamespaceMayNotBeOpenedIsRecognisedAsANeighbour() throws {
        #expect(try !NetworkNamespace.findAll().contains("/proc/1/ns/net"))
    }

    private static let sharesNamespaceWithFirstProcess =
        (try? Filesystem.identity("/proc/1/net/dev")) == (try? Filesystem.identity("/proc/self/net/dev"))

    @Test func namespacesWithANameOrAProcessAreFound() throws {
        let name = "ebtest\(UInt32.random(in: 0 ... .max))"
        let named = try NetworkNamespace.create(named: name)
        defer { try? NetworkNamespace.delete(name) }
        let inhabited = try NetworkNamespace.anonymous()
        let process = try Command("/bin/sleep", ["1000"]).start(in: inhabited)
        defer { process.kill() }
        let found = try NetworkNamespace.findAll()
        #expect(found.contains("/run/netns/\(name)"))
        #expect(found.contains("/proc/\(process.id)/ns/net"))
        #expect(Set(inodes(found)).isSuperset(of: [named.inode, inhabited.inode]))
    }
}
