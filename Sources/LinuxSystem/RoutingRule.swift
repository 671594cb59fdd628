// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// A rule of `ip rule` that has packets of a family look at a table of routes; which packets is left aside.
package struct RoutingRule: Hashable, Sendable {
    package let family: AddressFamily
    /// Of ``KernelRoute/Table``, or a number of its own.
    package let table: UInt32

    package init(family: AddressFamily, table: UInt32) {
        self.family = family
        self.table = table
    }
}
