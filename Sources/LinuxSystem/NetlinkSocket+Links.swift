// SPDX-License-Identifier: Apache-2.0

import CLibNL
import Glibc

extension NetlinkSocket {
    /// All links of the namespace, by index.
    ///
    /// libnl: `rtnl_link_get_…` over an RTM_GETLINK dump.
    package func links() throws(SystemError) -> [NetworkLink] {
        try unsafe dump(.listLinks, type: RTM_GETLINK, family: AF_UNSPEC) { unsafe NetworkLink(netlink: $0) }
            .sorted { $0.index < $1.index }
    }

    /// The link of that name, nil when there is none.
    package func link(named name: String) throws(SystemError) -> NetworkLink? {
        try single(index: 0, name: name)
    }

    /// The link with that index, nil when there is none.
    package func link(index: UInt32) throws(SystemError) -> NetworkLink? {
        try single(index: index, name: nil)
    }

    /// libnl: `rtnl_link_get_kernel`.
    private func single(index: UInt32, name: String?) throws(SystemError) -> NetworkLink? {
        var found: OpaquePointer?
        do throws(SystemError) {
            try unsafe perform(.listLinks, name ?? "#\(index)") { handle in
                unsafe rtnl_link_get_kernel(handle, Int32(bitPattern: index), name, &found)
            }
        } catch  where error.errno == .noDevice {
            return nil
        }
        guard let link = unsafe found else { return nil }
        defer { unsafe rtnl_link_put(link) }
        return unsafe NetworkLink(netlink: link)
    }
}

extension NetworkLink {
    /// nil for an object without index or name.
    init?(netlink link: OpaquePointer) {
        let index = unsafe rtnl_link_get_ifindex(link)
        guard index > 0, let name = unsafe rtnl_link_get_name(link) else { return nil }
        self.index = UInt32(index)
        self.name = unsafe String(cString: name)
        kind = unsafe rtnl_link_get_type(link).map { unsafe String(cString: $0) }
        masterIndex = Self.present(unsafe rtnl_link_get_master(link))
        peerIndex = Self.present(unsafe rtnl_link_get_link(link))
        var namespace: Int32 = 0
        isPeerElsewhere = unsafe rtnl_link_get_link_netnsid(link, &namespace) == 0
        mtu = Int(unsafe rtnl_link_get_mtu(link))
        flags = Flags(rawValue: unsafe rtnl_link_get_flags(link))
        let type = unsafe rtnl_link_get_arptype(link)
        hasEthernetHeader = type == Self.ethernetType || type == Self.loopbackType
        macAddress = MACAddress(bytes: unsafe netlinkBytes(rtnl_link_get_addr(link)))
        vxlan = unsafe VXLANProperties(netlink: link)
    }

    /// ARPHRD_ETHER and ARPHRD_LOOPBACK of `linux/if_arp.h`.
    private static var ethernetType: UInt32 { 1 }
    private static var loopbackType: UInt32 { 772 }

    private static func present(_ index: Int32) -> UInt32? { index > 0 ? UInt32(index) : nil }
}

extension VXLANProperties {
    /// nil for a link of another kind, and for one whose port is not known.
    fileprivate init?(netlink link: OpaquePointer) {
        var port: UInt32 = 0
        guard unsafe rtnl_link_is_vxlan(link) != 0, unsafe rtnl_link_vxlan_get_port(link, &port) == 0 else {
            return nil
        }
        self.port = UInt16(truncatingIfNeeded: port)
        isExternal = unsafe rtnl_link_vxlan_get_collect_metadata(link) > 0
    }
}
