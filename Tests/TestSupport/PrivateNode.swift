// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// A node in a network namespace of its own: forwarding on, an uplink, and veths whose other ends are elsewhere.
///
/// The namespaces go when this value goes. Nothing here touches the host's interfaces.
package final class PrivateNode: Sendable {
    package static let uplinkName = "up0"

    private let inside: NetworkNamespace
    private let outside: NetworkNamespace

    /// - Parameter pods: how many veths named `pod0`, `pod1`… there are to be.
    package init(pods: Int = 2) throws {
        inside = try NetworkNamespace.anonymous()
        outside = try NetworkNamespace.anonymous()
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
        try Self.run(in: inside, body)
    }

    private static func run<Value>(
        in namespace: borrowing NetworkNamespace, _ body: () throws -> Value
    ) throws -> Value {
        let outcome = try namespace.run { () throws(SystemError) -> Result<Value, any Error> in
            Result { try body() }
        }
        return try outcome.get()
    }

    /// Starts a program inside the node.
    package func start(_ command: Command) throws -> ChildProcess { try command.start(in: inside) }

    /// Makes one more veth pair, both ends up.
    package func addVeth(_ name: String) throws {
        try run {
            try NetlinkSocket().addVethPair(
                LinkSettings(name: name, isUp: true), LinkSettings(name: name), farIn: outside)
        }
        try Self.run(in: outside) {
            let socket = try NetlinkSocket()
            try socket.change(index: socket.index(of: name), LinkSettings(isUp: true))
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
