// SPDX-License-Identifier: Apache-2.0

import CLibNL
import DataplaneModel
import Glibc

extension NetlinkSocket {
    /// The rules that lead to a table, in the kernel's order; none on a kernel that has no rules, only the usual tables.
    ///
    /// Those that take the table of a VRF from the device (`l3mdev`) name none, so they are not among them.
    ///
    /// libnl: `rtnl_rule_get_…` over an RTM_GETRULE dump.
    package func rules() throws(SystemError) -> [RoutingRule] {
        do throws(SystemError) {
            // The kernel's `fib_rule_hdr` is laid out, and as long, as `rtmsg`.
            return try unsafe dump(
                .listRules, type: RTM_GETRULE, family: AF_UNSPEC, headerSize: MemoryLayout<rtmsg>.size
            ) { unsafe RoutingRule(netlink: $0) }
        } catch  where error.errno == .notSupported {
            // Without CONFIG_IP_MULTIPLE_TABLES.
            return []
        }
    }
}

extension RoutingRule {
    /// FR_ACT_TO_TBL.
    private static var lookUp: UInt8 { 1 }

    fileprivate init?(netlink object: OpaquePointer) {
        let table = unsafe rtnl_rule_get_table(object)
        guard let family = AddressFamily(socketFamily: Int32(unsafe rtnl_rule_get_family(object))),
            unsafe rtnl_rule_get_action(object) == Self.lookUp, table != 0
        else { return nil }
        self.init(family: family, table: table)
    }
}
