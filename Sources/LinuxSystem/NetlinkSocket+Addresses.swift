// SPDX-License-Identifier: Apache-2.0

import CLibNL
package import DataplaneModel
import Glibc

/// An address that an interface bears.
package struct InterfaceAddress: Hashable, Sendable {
    /// How far an address is valid: RT_SCOPE_….
    package enum Scope: UInt8, Hashable, Sendable {
        case universe = 0
        case site = 200
        case link = 253
        case host = 254
        case nowhere = 255
    }

    package let interfaceIndex: UInt32
    package let address: IPAddress

    /// Length of the subnet around ``address`` in bits.
    package let prefixLength: Int

    package let scope: Scope

    /// False while IPv6 still looks for a duplicate, and after it found one.
    package let isUsable: Bool

    /// The subnet that the address puts on the link.
    package var subnet: Prefix { Prefix(around: address, length: prefixLength) }
}

extension NetlinkSocket {
    /// The addresses of all interfaces of the namespace, by interface, then address.
    ///
    /// libnl: `rtnl_addr_get_…` over an RTM_GETADDR dump.
    package func addresses(family: AddressFamily? = nil) throws(SystemError) -> [InterfaceAddress] {
        let requested = family?.socketFamily ?? AF_UNSPEC
        return try unsafe dump(.listAddresses, type: RTM_GETADDR, family: requested) {
            unsafe InterfaceAddress(netlink: $0)
        }.sorted { ($0.interfaceIndex, $0.address) < ($1.interfaceIndex, $1.address) }
    }

    /// Gives an interface an address, usable at once: duplicate address detection is left out.
    ///
    /// Content when the interface has it already. libnl: `rtnl_addr_add`.
    package func addAddress(
        _ address: IPAddress, prefixLength: Int, to interfaceIndex: UInt32
    ) throws(SystemError) {
        let request = try AddressRequest(address, prefixLength: prefixLength, interfaceIndex: interfaceIndex)
        try unsafe perform(.addAddress, "\(address)/\(prefixLength)") { handle in
            unsafe rtnl_addr_add(handle, request.handle, NLM_F_REPLACE)
        }
    }

    /// Takes an address away; `EADDRNOTAVAIL` when the interface does not have it. libnl: `rtnl_addr_delete`.
    package func deleteAddress(
        _ address: IPAddress, prefixLength: Int, from interfaceIndex: UInt32
    ) throws(SystemError) {
        let request = try AddressRequest(address, prefixLength: prefixLength, interfaceIndex: interfaceIndex)
        try unsafe perform(.deleteAddress, "\(address)/\(prefixLength)") { handle in
            unsafe rtnl_addr_delete(handle, request.handle, 0)
        }
    }
}

@safe
private struct AddressRequest: ~Copyable {
    let handle: OpaquePointer

    init(_ address: IPAddress, prefixLength: Int, interfaceIndex: UInt32) throws(SystemError) {
        let local = try NetlinkAddress(address, prefixLength: prefixLength)
        guard let request = unsafe rtnl_addr_alloc() else { throw SystemError(.addAddress, "\(address)", .noMemory) }
        unsafe handle = unsafe request
        unsafe rtnl_addr_set_ifindex(request, Int32(bitPattern: interfaceIndex))
        unsafe rtnl_addr_set_local(request, local.handle)
        unsafe rtnl_addr_set_prefixlen(request, Int32(prefixLength))
        if address.family == .v6 { unsafe rtnl_addr_set_flags(request, UInt32(IFA_F_NODAD)) }
    }

    deinit {
        unsafe rtnl_addr_put(handle)
    }
}

extension InterfaceAddress {
    /// nil for other families than IP.
    fileprivate init?(netlink object: OpaquePointer) {
        guard let address = unsafe netlinkIPAddress(rtnl_addr_get_local(object)) else { return nil }
        self.address = address
        interfaceIndex = UInt32(bitPattern: unsafe rtnl_addr_get_ifindex(object))
        prefixLength = Int(unsafe rtnl_addr_get_prefixlen(object))
        scope = Scope(rawValue: UInt8(truncatingIfNeeded: unsafe rtnl_addr_get_scope(object))) ?? .universe
        let flags = unsafe rtnl_addr_get_flags(object)
        isUsable =
            flags & UInt32(IFA_F_DADFAILED) == 0
            && (flags & UInt32(IFA_F_TENTATIVE) == 0 || flags & UInt32(IFA_F_OPTIMISTIC) != 0)
    }
}
