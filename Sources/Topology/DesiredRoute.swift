// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// An entry that the `routes` map should hold because the kernel's own tables say so.
package struct DesiredRoute: Hashable, Sendable {
    /// A remote place with an unspecified address stands for each address of the prefix itself, on the link.
    package let route: Route

    /// The interface is a veth whose other end is the pod's: a packet may be handed over without a route lookup.
    package let isPeer: Bool

    package init(route: Route, isPeer: Bool) {
        self.route = route
        self.isPeer = isPeer
    }
}

extension DesiredRoute: Comparable {
    /// By prefix, which is the key of the map.
    package static func < (left: DesiredRoute, right: DesiredRoute) -> Bool { left.route < right.route }
}

extension DesiredRoute: CustomStringConvertible {
    package var description: String { "\(route)" + (isPeer ? " peer" : "") }
}
