// SPDX-License-Identifier: Apache-2.0

/// A network interface by name, by index, or both once one has been resolved to the other.
package struct InterfaceReference: Hashable, Sendable {
    /// What the kernel allows: IFNAMSIZ without the terminating zero.
    package static let maximumNameLength = 15

    /// Nil when the index no longer belongs to an interface.
    package var name: String?
    /// Nil until the name has been looked up.
    package var index: UInt32?

    package init(name: String?, index: UInt32?) {
        self.name = name
        self.index = index
    }

    /// Takes a name the kernel would accept; that such an interface exists is checked elsewhere.
    ///
    /// Linux: `dev_valid_name`.
    package init(_ name: String) throws(RouteParseError) {
        let isValid =
            (1...Self.maximumNameLength).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
        guard isValid else { throw .interfaceName(name) }
        self.init(name: name, index: nil)
    }
}

extension InterfaceReference: CustomStringConvertible {
    /// The name, else the index as `#7`.
    package var description: String { name ?? index.map { "#\($0)" } ?? "<none>" }
}
