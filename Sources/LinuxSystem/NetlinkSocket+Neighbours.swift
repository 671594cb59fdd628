// SPDX-License-Identifier: Apache-2.0

import CLibNL
package import DataplaneModel
import Glibc

/// What an interface knows about the link-layer address of an IP neighbour.
package struct Neighbour: Hashable, Sendable {
    /// NUD_… of `linux/neighbour.h`, as its bits.
    package struct State: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        package static let incomplete = State(rawValue: 0x01)
        package static let reachable = State(rawValue: 0x02)
        package static let stale = State(rawValue: 0x04)
        package static let delay = State(rawValue: 0x08)
        package static let probe = State(rawValue: 0x10)
        package static let failed = State(rawValue: 0x20)
        package static let noARP = State(rawValue: 0x40)
        package static let permanent = State(rawValue: 0x80)
    }

    package let interfaceIndex: UInt32
    package let address: IPAddress

    /// nil while it is being asked for.
    package let macAddress: MACAddress?

    package let state: State
}

extension NetlinkSocket {
    /// The IP neighbours of all interfaces, by interface, then address; bridge forwarding entries are not among them.
    ///
    /// libnl: `rtnl_neigh_get_…` over an RTM_GETNEIGH dump.
    package func neighbours(family: AddressFamily? = nil) throws(SystemError) -> [Neighbour] {
        let requested = family?.socketFamily ?? AF_UNSPEC
        return try unsafe dump(
            .listNeighbours, type: RTM_GETNEIGH, family: requested, headerSize: MemoryLayout<ndmsg>.size
        ) {
            unsafe Neighbour(netlink: $0)
        }.sorted { ($0.interfaceIndex, $0.address) < ($1.interfaceIndex, $1.address) }
    }

    /// Enters a permanent neighbour, replacing what was known about the address. libnl: `rtnl_neigh_add`.
    package func setNeighbour(
        _ address: IPAddress, macAddress: MACAddress, on interfaceIndex: UInt32
    ) throws(SystemError) {
        let link = try NetlinkAddress(macAddress)
        let request = try NeighbourRequest(address, interfaceIndex: interfaceIndex)
        unsafe rtnl_neigh_set_lladdr(request.handle, link.handle)
        unsafe rtnl_neigh_set_state(request.handle, Int32(Neighbour.State.permanent.rawValue))
        try unsafe perform(.addNeighbour, "\(address)") { handle in
            unsafe rtnl_neigh_add(handle, request.handle, NLM_F_CREATE | NLM_F_REPLACE)
        }
    }

    /// Forgets a neighbour; `ENOENT` when it is not known. libnl: `rtnl_neigh_delete`.
    package func deleteNeighbour(_ address: IPAddress, on interfaceIndex: UInt32) throws(SystemError) {
        let request = try NeighbourRequest(address, interfaceIndex: interfaceIndex)
        try unsafe perform(.deleteNeighbour, "\(address)") { handle in
            unsafe rtnl_neigh_delete(handle, request.handle, 0)
        }
    }
}

@safe
private struct NeighbourRequest: ~Copyable {
    let handle: OpaquePointer

    init(_ address: IPAddress, interfaceIndex: UInt32) throws(SystemError) {
        let target = try NetlinkAddress(address, prefixLength: address.family.bitWidth)
        guard let request = unsafe rtnl_neigh_alloc() else { throw SystemError(.addNeighbour, "\(address)", .noMemory) }
        unsafe handle = unsafe request
        unsafe rtnl_neigh_set_ifindex(request, Int32(bitPattern: interfaceIndex))
        unsafe rtnl_neigh_set_dst(request, target.handle)
    }

    deinit {
        unsafe rtnl_neigh_put(handle)
    }
}

extension Neighbour {
    /// nil for other families than IP.
    fileprivate init?(netlink object: OpaquePointer) {
        guard let address = unsafe netlinkIPAddress(rtnl_neigh_get_dst(object)) else { return nil }
        self.address = address
        interfaceIndex = UInt32(bitPattern: unsafe rtnl_neigh_get_ifindex(object))
        macAddress = MACAddress(bytes: unsafe netlinkBytes(rtnl_neigh_get_lladdr(object)))
        // libnl answers -1 for an entry without a state.
        state = State(rawValue: UInt16(max(0, unsafe rtnl_neigh_get_state(object))))
    }
}
