// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem
import Synchronization

/// A node in a network namespace of its own: forwarding on, an uplink, and veths whose other ends are elsewhere.
///
/// Nothing here touches the host's interfaces.
package final class PrivateNode: Sendable {
    package static let uplinkName = "up0"

    private let inside: Namespace

    /// - Parameter pods: how many veths named `pod0`, `pod1`… there are to be.
    package init(pods: Int = 2) throws {
        inside = try Namespace()
        try run {
            let loopback = try NetlinkSocket().index(of: "lo")
            try NetlinkSocket().change(index: loopback, LinkSettings(isUp: true))
            try Filesystem.write("1", to: "/proc/sys/net/ipv4/ip_forward")
            try Filesystem.write("1", to: "/proc/sys/net/ipv6/conf/all/forwarding")
        }
        try addVeth(Self.uplinkName)
        for number in 0..<pods { try addVeth("pod\(number)") }
    }

    /// Runs `body` on a thread inside the node while the caller waits.
    package func run<Value>(_ body: () throws -> Value) throws -> Value {
        try inside.run(body)
    }

    /// Starts a program inside the node.
    package func start(_ command: Command) throws -> ChildProcess { try command.start(in: inside.namespace) }

    /// Makes one more veth pair, both ends up.
    package func addVeth(_ name: String) throws {
        let outside = try Namespace.outside.get()
        let far = "far\(Namespace.vethCount.add(1, ordering: .relaxed).newValue)"
        try run {
            try NetlinkSocket().addVethPair(
                LinkSettings(name: name, isUp: true), LinkSettings(name: far), farIn: outside.namespace)
        }
        try outside.run {
            let socket = try NetlinkSocket()
            try socket.change(index: socket.index(of: far), LinkSettings(isUp: true))
        }
    }

    package func index(of name: String) throws -> UInt32 {
        try run { try NetlinkSocket().index(of: name) }
    }

    package func removeLink(_ name: String) throws {
        try run {
            let socket = try NetlinkSocket()
            try socket.deleteLink(index: socket.index(of: name))
        }
    }

    /// Gives an interface an address and the subnet around it.
    package func addAddress(_ address: IPAddress, prefixLength: Int, to name: String) throws {
        try run {
            let socket = try NetlinkSocket()
            try socket.addAddress(address, prefixLength: prefixLength, to: socket.index(of: name))
        }
    }
}

extension NetlinkSocket {
    package func index(of name: String) throws(SystemError) -> UInt32 {
        guard let link = try links().first(where: { $0.name == name }) else {
            throw SystemError(.listLinks, name, .noDevice)
        }
        return link.index
    }
}

/// A network namespace that stays until the process ends: while the kernel takes one down it lets nobody make another.
private final class Namespace: Sendable {
    let namespace: NetworkNamespace

    private static let kept = Mutex<[Namespace]>([])

    /// Where the far ends of all nodes' veths are.
    static let outside = Result { try Namespace() }
    static let vethCount = Atomic<UInt32>(0)

    init() throws {
        namespace = try NetworkNamespace.anonymous()
        Self.kept.withLock { $0.append(self) }
    }

    func run<Value>(_ body: () throws -> Value) throws -> Value {
        let outcome = try namespace.run { () throws(SystemError) -> Result<Value, any Error> in
            Result { try body() }
        }
        return try outcome.get()
    }
}
