// SPDX-License-Identifier: Apache-2.0

/// On which interface or node the addresses of a prefix live; decides how a packet reaches a backend.
package struct Route: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// Addresses of a node itself.
        case host
        /// Addresses of pods.
        case workload
    }

    package enum Place: Hashable, Sendable {
        /// Behind an interface of this node.
        case local(InterfaceReference)
        /// On the node with this address, of the prefix's family or the other one.
        case remote(via: IPAddress)
    }

    package var prefix: Prefix
    package var role: Role
    package var place: Place
    /// Replies to clients in this prefix return through the tunnel even in DSR mode.
    package var noDSR: Bool

    package init(prefix: Prefix, role: Role, place: Place, noDSR: Bool = false) {
        self.prefix = prefix
        self.role = role
        self.place = place
        self.noDSR = noDSR
    }

    package var isLocal: Bool {
        if case .local = place { true } else { false }
    }
}

extension Route: Comparable {
    /// By prefix, which is the key of the map.
    package static func < (left: Route, right: Route) -> Bool { left.prefix < right.prefix }
}

extension Route: CustomStringConvertible {
    package var description: String {
        let whereTo =
            switch place {
            case .local(let interface): "local \(interface)"
            case .remote(let node): "via \(node)"
            }
        return "\(prefix) \(role.rawValue) \(whereTo)" + (noDSR ? " no-dsr" : "")
    }
}
