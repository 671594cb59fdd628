// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// A route of the kernel's own tables.
package struct KernelRoute: Hashable, Sendable {
    /// Well-known tables: RT_TABLE_….
    package enum Table {
        package static let main: UInt32 = 254
        package static let local: UInt32 = 255
    }

    /// What happens to a packet that takes the route: RTN_….
    package enum Kind: UInt8, Hashable, Sendable {
        case unspecified, unicast, local, broadcast, anycast, multicast, blackhole, unreachable, prohibit, `throw`, nat
    }

    /// One way a packet may go.
    package struct NextHop: Hashable, Sendable {
        /// nil when the destination is on the link.
        package var gateway: IPAddress?

        /// nil for a route without an interface, such as a blackhole.
        package var interfaceIndex: UInt32?

        package init(gateway: IPAddress? = nil, interfaceIndex: UInt32? = nil) {
            self.gateway = gateway
            self.interfaceIndex = interfaceIndex
        }
    }

    package var destination: Prefix
    package var table: UInt32
    package var kind: Kind
    package var scope: InterfaceAddress.Scope

    /// Metric: of two routes to one destination the lower one is taken.
    package var priority: UInt32

    /// The address that the node's own packets bear on this route.
    package var preferredSource: IPAddress?

    /// More than one for a multipath route.
    package var nextHops: [NextHop]

    /// The gateway is taken to be on the link even where no address says so.
    package var isOnLink: Bool

    package init(
        to destination: Prefix, via gateway: IPAddress? = nil, interfaceIndex: UInt32? = nil,
        table: UInt32 = Table.main, isOnLink: Bool = false
    ) {
        self.destination = destination
        self.table = table
        kind = .unicast
        // IPv6 knows no scopes; in IPv4 a gateway must be nearer than its route.
        scope = gateway == nil && destination.family == .v4 ? .link : .universe
        priority = 0
        preferredSource = nil
        nextHops = [NextHop(gateway: gateway, interfaceIndex: interfaceIndex)]
        self.isOnLink = isOnLink
    }

    package var isDefault: Bool { destination.length == 0 && kind == .unicast }
}
