// SPDX-License-Identifier: Apache-2.0

/// A service port's identity, `namespace/name[:port]`, which fits the value of the `service_names` map.
///
/// Each part is an RFC 1123 label as Kubernetes requires of namespaces, services and service ports, hence the limit.
package struct ServiceName: Hashable, Sendable {
    /// Three labels of 63 bytes and two separators; the map's value adds a terminating zero.
    package static let maximumLength = 191

    package let text: String
    /// Offsets into the UTF-8 text; `colon` equals its length when there is no port.
    let slash: UInt8
    let colon: UInt8

    package var namespace: Substring { part(0..<Int(slash)) }

    package var name: Substring { part(Int(slash) + 1..<Int(colon)) }

    /// The port's name; nil for the only, unnamed port of a service.
    package var port: Substring? {
        let end = text.utf8.count
        return Int(colon) == end ? nil : part(Int(colon) + 1..<end)
    }

    /// True for the same service whatever its port, or for the same port when this name has one.
    package func covers(_ other: ServiceName) -> Bool {
        port == nil ? namespace == other.namespace && name == other.name : self == other
    }

    private func part(_ range: Range<Int>) -> Substring {
        let start = text.utf8.index(text.utf8.startIndex, offsetBy: range.lowerBound)
        return text[start..<text.utf8.index(start, offsetBy: range.count)]
    }
}

extension ServiceName: Comparable {
    package static func < (left: ServiceName, right: ServiceName) -> Bool {
        if left.namespace != right.namespace { return left.namespace < right.namespace }
        if left.name != right.name { return left.name < right.name }
        return (left.port ?? "") < (right.port ?? "")
    }
}

extension ServiceName: CustomStringConvertible {
    package var description: String { text }
}
