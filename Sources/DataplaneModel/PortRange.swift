// SPDX-License-Identifier: Apache-2.0

/// An inclusive range of ports such as the node ports `30000-32767`.
package struct PortRange: Hashable, Sendable {
    package let first: UInt16
    package let last: UInt16

    /// The range Kubernetes hands out node ports from unless told otherwise.
    package static let nodePorts = PortRange(30000...32767)

    package init(_ ports: ClosedRange<UInt16>) {
        first = ports.lowerBound
        last = ports.upperBound
    }

    package var count: Int { Int(last) - Int(first) + 1 }

    package func contains(_ port: UInt16) -> Bool { first <= port && port <= last }

    /// The smallest range that holds this one and the port.
    package func including(_ port: UInt16) -> PortRange { PortRange(min(first, port)...max(last, port)) }

    /// Reads `FIRST-LAST`, both 1…65535.
    package init(_ text: String) throws(AddressParseError) {
        guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")) else { throw .malformedPortRange(text) }
        let first = try PortNumber.parse(text[..<dash])
        let last = try PortNumber.parse(text[text.utf8.index(after: dash)...])
        guard first <= last else { throw .reversedPortRange(text) }
        self.init(first...last)
    }
}

extension PortRange: CustomStringConvertible {
    package var description: String { "\(first)-\(last)" }
}
