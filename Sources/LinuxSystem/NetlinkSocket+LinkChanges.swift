// SPDX-License-Identifier: Apache-2.0

import CLibNL
package import DataplaneModel
import Glibc

/// What is to change at a link; nil leaves a property as it is.
package struct LinkSettings: Hashable, Sendable {
    package var name: String?
    package var isUp: Bool?
    package var mtu: Int?
    package var macAddress: MACAddress?

    /// The bridge, bond or VRF to join; 0 leaves the present one.
    package var masterIndex: UInt32?

    package init(
        name: String? = nil, isUp: Bool? = nil, mtu: Int? = nil, macAddress: MACAddress? = nil,
        masterIndex: UInt32? = nil
    ) {
        self.name = name
        self.isUp = isUp
        self.mtu = mtu
        self.macAddress = macAddress
        self.masterIndex = masterIndex
    }
}

/// A VXLAN device to be made.
package struct VXLANSettings: Hashable, Sendable {
    package var name: String

    /// nil makes a device whose tunnels come from the packet's metadata, as BPF sets it (`external` of ip-link).
    package var identifier: UInt32?

    /// UDP, host order.
    package var port: UInt16

    /// The outer source address.
    package var local: IPAddress?

    /// The device that outer packets leave through.
    package var lowerIndex: UInt32?

    package var mtu: Int?

    package init(
        name: String, identifier: UInt32? = nil, port: UInt16 = 4789, local: IPAddress? = nil,
        lowerIndex: UInt32? = nil, mtu: Int? = nil
    ) {
        self.name = name
        self.identifier = identifier
        self.port = port
        self.local = local
        self.lowerIndex = lowerIndex
        self.mtu = mtu
    }
}

extension NetlinkSocket {
    /// Makes both ends of a veth pair in this namespace with the given properties.
    ///
    /// Only the near end can be up from the start: the kernel answers `ENOTCONN` when the far one is asked to be.
    /// libnl: `rtnl_link_veth_alloc`.
    package func addVethPair(_ near: LinkSettings, _ far: LinkSettings) throws(SystemError) {
        try addVethPair(near, far, nearIn: nil, farIn: nil)
    }

    /// Makes a veth pair with the far end in another namespace.
    package func addVethPair(
        _ near: LinkSettings, _ far: LinkSettings, farIn namespace: borrowing NetworkNamespace
    ) throws(SystemError) {
        try addVethPair(near, far, nearIn: nil, farIn: namespace.descriptor.rawValue)
    }

    /// Makes a veth pair whose ends are both in other namespaces.
    package func addVethPair(
        _ near: LinkSettings, in nearNamespace: borrowing NetworkNamespace,
        _ far: LinkSettings, in farNamespace: borrowing NetworkNamespace
    ) throws(SystemError) {
        try addVethPair(
            near, far, nearIn: nearNamespace.descriptor.rawValue, farIn: farNamespace.descriptor.rawValue)
    }

    private func addVethPair(
        _ near: LinkSettings, _ far: LinkSettings, nearIn: Int32?, farIn: Int32?
    ) throws(SystemError) {
        guard let link = unsafe rtnl_link_veth_alloc() else { throw SystemError(.addLink, near.name ?? "", .noMemory) }
        defer { unsafe rtnl_link_veth_release(link) }
        guard let peer = unsafe rtnl_link_veth_get_peer(link) else {
            throw SystemError(.addLink, far.name ?? "", .noMemory)
        }
        defer { unsafe rtnl_link_put(peer) }
        try unsafe apply(near, to: link)
        try unsafe apply(far, to: peer)
        if let nearIn { unsafe rtnl_link_set_ns_fd(link, nearIn) }
        if let farIn { unsafe rtnl_link_set_ns_fd(peer, farIn) }
        try unsafe create(link, name: near.name ?? "")
    }

    /// Makes a link of a kind that needs no parameters, such as `bridge` or `dummy`.
    package func addLink(kind: String, _ settings: LinkSettings) throws(SystemError) {
        let link = try LinkRequest()
        let result = unsafe rtnl_link_set_type(link.handle, kind)
        guard result == 0 else { throw SystemError(.addLink, settings.name ?? kind, Errno(netlink: result)) }
        try unsafe apply(settings, to: link.handle)
        try unsafe create(link.handle, name: settings.name ?? kind)
    }

    /// Makes a VXLAN device, down. libnl: `rtnl_link_vxlan_alloc`.
    package func addVXLAN(_ settings: VXLANSettings) throws(SystemError) {
        guard let link = unsafe rtnl_link_vxlan_alloc() else { throw SystemError(.addLink, settings.name, .noMemory) }
        defer { unsafe rtnl_link_put(link) }
        try unsafe apply(LinkSettings(name: settings.name, mtu: settings.mtu), to: link)
        if let identifier = settings.identifier {
            unsafe rtnl_link_vxlan_set_id(link, identifier)
        } else {
            unsafe rtnl_link_vxlan_set_collect_metadata(link, 1)
            unsafe rtnl_link_vxlan_set_learning(link, 0)
        }
        unsafe rtnl_link_vxlan_set_port(link, UInt32(settings.port))
        if let lower = settings.lowerIndex { unsafe rtnl_link_vxlan_set_link(link, lower) }
        if let local = settings.local {
            let address = try NetlinkAddress(local, prefixLength: local.family.bitWidth)
            unsafe rtnl_link_vxlan_set_local(link, address.handle)
        }
        try unsafe create(link, name: settings.name)
    }

    /// Takes a link away, and with one end of a veth pair the other; `ENODEV` when there is none.
    ///
    /// libnl: `rtnl_link_delete`.
    package func deleteLink(index: UInt32) throws(SystemError) {
        let link = try LinkRequest(index: index)
        try unsafe perform(.deleteLink, "#\(index)") { handle in unsafe rtnl_link_delete(handle, link.handle) }
    }

    /// Changes properties in one request; the kernel may have applied some of them when it refuses one.
    ///
    /// libnl: `rtnl_link_change`.
    package func change(index: UInt32, _ settings: LinkSettings) throws(SystemError) {
        let link = try LinkRequest(index: index)
        let changes = try LinkRequest()
        try unsafe apply(settings, to: changes.handle)
        try unsafe perform(.changeLink, settings.name ?? "#\(index)") { handle in
            unsafe rtnl_link_change(handle, link.handle, changes.handle, 0)
        }
    }

    /// Moves a link into another namespace, where it arrives down and without addresses.
    ///
    /// - Parameter name: the link's name there, when the present one does not fit.
    package func move(
        index: UInt32, to namespace: borrowing NetworkNamespace, name: String? = nil
    ) throws(SystemError) {
        let link = try LinkRequest(index: index)
        let changes = try LinkRequest()
        try unsafe apply(LinkSettings(name: name), to: changes.handle)
        unsafe rtnl_link_set_ns_fd(changes.handle, namespace.descriptor.rawValue)
        try unsafe perform(.moveLink, name ?? "#\(index)") { handle in
            unsafe rtnl_link_change(handle, link.handle, changes.handle, 0)
        }
    }

    private func create(_ link: OpaquePointer, name: String) throws(SystemError) {
        try unsafe perform(.addLink, name) { handle in
            unsafe rtnl_link_add(handle, link, NLM_F_CREATE | NLM_F_EXCL)
        }
    }

    private func apply(_ settings: LinkSettings, to link: OpaquePointer) throws(SystemError) {
        if let name = settings.name { unsafe rtnl_link_set_name(link, name) }
        if let mtu = settings.mtu { unsafe rtnl_link_set_mtu(link, UInt32(mtu)) }
        if let master = settings.masterIndex { unsafe rtnl_link_set_master(link, Int32(bitPattern: master)) }
        if let macAddress = settings.macAddress {
            let address = try NetlinkAddress(macAddress)
            unsafe rtnl_link_set_addr(link, address.handle)
        }
        switch settings.isUp {
        case true?: unsafe rtnl_link_set_flags(link, NetworkLink.Flags.up.rawValue)
        case false?: unsafe rtnl_link_unset_flags(link, NetworkLink.Flags.up.rawValue)
        case nil: break
        }
    }
}

@safe
private struct LinkRequest: ~Copyable {
    let handle: OpaquePointer

    init(index: UInt32? = nil) throws(SystemError) {
        guard let link = unsafe rtnl_link_alloc() else { throw SystemError(.changeLink, "", .noMemory) }
        unsafe handle = unsafe link
        if let index { unsafe rtnl_link_set_ifindex(link, Int32(bitPattern: index)) }
    }

    deinit {
        unsafe rtnl_link_put(handle)
    }
}
