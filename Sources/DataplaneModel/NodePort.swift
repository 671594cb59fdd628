// SPDX-License-Identifier: Apache-2.0

/// A port that is a frontend on every address of every node, written `30080/tcp`.
package struct NodePort: Hashable, Sendable {
    package var port: UInt16
    package var transport: TransportProtocol

    package init(port: UInt16, transport: TransportProtocol) {
        self.port = port
        self.transport = transport
    }

    /// Reads `PORT/PROTO`; whether the port lies in the node-port range is the caller's question.
    package init(_ text: String) throws(AddressParseError) {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { throw .malformedNodePort(text) }
        self.init(
            port: try PortNumber.parse(text[..<slash]),
            transport: try TransportProtocol(String(text[slash...].dropFirst())))
    }
}

extension NodePort: Comparable {
    package static func < (left: NodePort, right: NodePort) -> Bool {
        left.port == right.port ? left.transport < right.transport : left.port < right.port
    }
}

extension NodePort: CustomStringConvertible {
    package var description: String { "\(port)/\(transport)" }
}
