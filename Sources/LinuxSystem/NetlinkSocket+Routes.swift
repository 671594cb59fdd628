// SPDX-License-Identifier: Apache-2.0

import CLibNL
package import DataplaneModel
import Glibc

extension NetlinkSocket {
    /// The routes of every table, by table, destination and priority; cached clones are not among them.
    ///
    /// libnl: `rtnl_route_get_…` over an RTM_GETROUTE dump.
    package func routes(family: AddressFamily? = nil) throws(SystemError) -> [KernelRoute] {
        let requested = family?.socketFamily ?? AF_UNSPEC
        return try unsafe dump(.listRoutes, type: RTM_GETROUTE, family: requested) {
            unsafe KernelRoute(netlink: $0)
        }.sorted { ($0.table, $0.destination, $0.priority) < ($1.table, $1.destination, $1.priority) }
    }

    /// The route that the kernel takes for a packet of this node to an address, all its rules and tables considered.
    ///
    /// rtnetlink(7): `RTM_GETROUTE`.
    ///
    /// - Returns: its destination is the address itself.
    /// - Throws: ``SystemError``: `ENETUNREACH`, `EHOSTUNREACH`, or `EINVAL`/`EACCES` for a route that forbids.
    package func route(to address: IPAddress) throws(SystemError) -> KernelRoute? {
        guard let message = unsafe nlmsg_alloc_simple(Int32(RTM_GETROUTE), 0) else {
            throw SystemError(.listRoutes, "\(address)", .noMemory)
        }
        defer { unsafe nlmsg_free(message) }
        let bytes = address.withNetworkBytes { (span: Span<UInt8>) in span.indices.map { span[$0] } }
        var header = rtmsg()
        header.rtm_family = UInt8(address.family.socketFamily)
        header.rtm_dst_len = UInt8(address.family.bitWidth)
        let size = MemoryLayout<rtmsg>.size
        guard unsafe nlmsg_append(message, &header, size, 4) == 0,
            unsafe nla_put(message, Int32(RTA_DST.rawValue), Int32(bytes.count), bytes) == 0
        else { throw SystemError(.listRoutes, "\(address)", .noMemory) }
        return try unsafe ask(.listRoutes, "\(address)", sending: message) {
            unsafe KernelRoute(netlink: $0, acceptingClones: true)
        }
    }

    /// Adds a route; one with the same table, destination and priority is `EEXIST` unless `replacing`.
    ///
    /// libnl: `rtnl_route_add`.
    package func addRoute(_ route: KernelRoute, replacing: Bool = false) throws(SystemError) {
        let request = try RouteRequest(route)
        try unsafe perform(.addRoute, "\(route.destination)") { handle in
            unsafe rtnl_route_add(handle, request.handle, replacing ? NLM_F_REPLACE : NLM_F_EXCL)
        }
    }

    /// Takes a route away; `ESRCH` when there is none like it. libnl: `rtnl_route_delete`.
    package func deleteRoute(_ route: KernelRoute) throws(SystemError) {
        let request = try RouteRequest(route)
        try unsafe perform(.deleteRoute, "\(route.destination)") { handle in
            unsafe rtnl_route_delete(handle, request.handle, 0)
        }
    }
}

@safe
private struct RouteRequest: ~Copyable {
    let handle: OpaquePointer

    init(_ route: KernelRoute) throws(SystemError) {
        guard let request = unsafe rtnl_route_alloc() else {
            throw SystemError(.addRoute, "\(route.destination)", .noMemory)
        }
        do throws(SystemError) {
            try unsafe Self.fill(request, with: route)
        } catch {
            unsafe rtnl_route_put(request)
            throw error
        }
        unsafe handle = unsafe request
    }

    deinit {
        unsafe rtnl_route_put(handle)
    }

    private static func fill(_ request: OpaquePointer, with route: KernelRoute) throws(SystemError) {
        let destination = try NetlinkAddress(route.destination.address, prefixLength: route.destination.length)
        unsafe rtnl_route_set_family(request, UInt8(route.destination.family.socketFamily))
        unsafe rtnl_route_set_dst(request, destination.handle)
        unsafe rtnl_route_set_table(request, route.table)
        unsafe rtnl_route_set_type(request, route.kind.rawValue)
        unsafe rtnl_route_set_scope(request, route.scope.rawValue)
        if route.priority > 0 { unsafe rtnl_route_set_priority(request, route.priority) }
        if route.isOnLink { unsafe rtnl_route_set_flags(request, UInt32(RTNH_F_ONLINK)) }
        if let source = route.preferredSource {
            let address = try NetlinkAddress(source, prefixLength: source.family.bitWidth)
            unsafe rtnl_route_set_pref_src(request, address.handle)
        }
        for hop in route.nextHops { try unsafe append(hop, to: request) }
    }

    private static func append(_ hop: KernelRoute.NextHop, to request: OpaquePointer) throws(SystemError) {
        guard let nextHop = unsafe rtnl_route_nh_alloc() else { throw SystemError(.addRoute, "", .noMemory) }
        unsafe rtnl_route_add_nexthop(request, nextHop)
        if let index = hop.interfaceIndex { unsafe rtnl_route_nh_set_ifindex(nextHop, Int32(bitPattern: index)) }
        if let gateway = hop.gateway {
            let address = try NetlinkAddress(gateway, prefixLength: gateway.family.bitWidth)
            unsafe rtnl_route_nh_set_gateway(nextHop, address.handle)
        }
    }
}

extension KernelRoute {
    /// nil for other families than IP and, unless wanted, for the cache entries of path MTU discovery.
    fileprivate init?(netlink object: OpaquePointer, acceptingClones: Bool = false) {
        guard let family = AddressFamily(socketFamily: Int32(unsafe rtnl_route_get_family(object))) else { return nil }
        let flags = unsafe rtnl_route_get_flags(object)
        guard acceptingClones || flags & UInt32(RTM_F_CLONED) == 0 else { return nil }
        destination = unsafe netlinkPrefix(rtnl_route_get_dst(object), family: family)
        table = unsafe rtnl_route_get_table(object)
        kind = Kind(rawValue: unsafe rtnl_route_get_type(object)) ?? .unspecified
        scope = InterfaceAddress.Scope(rawValue: unsafe rtnl_route_get_scope(object)) ?? .universe
        priority = unsafe rtnl_route_get_priority(object)
        preferredSource = unsafe netlinkIPAddress(rtnl_route_get_pref_src(object))
        var hops: [NextHop] = []
        var isOnLink = flags & UInt32(RTNH_F_ONLINK) != 0
        for number in 0..<max(0, unsafe rtnl_route_get_nnexthops(object)) {
            guard let hop = unsafe rtnl_route_nexthop_n(object, number) else { break }
            let index = unsafe rtnl_route_nh_get_ifindex(hop)
            let gateway = unsafe netlinkIPAddress(rtnl_route_nh_get_gateway(hop) ?? rtnl_route_nh_get_via(hop))
            hops.append(NextHop(gateway: gateway, interfaceIndex: index > 0 ? UInt32(index) : nil))
            if unsafe rtnl_route_nh_get_flags(hop) & UInt32(RTNH_F_ONLINK) != 0 { isOnLink = true }
        }
        nextHops = hops
        self.isOnLink = isOnLink
    }
}
