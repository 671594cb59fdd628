// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// What becomes of the flows to backends that services have lost: without it, UDP clients would go on sending to nobody.
///
/// Flows of other services to the same endpoints are left alone, and so are sockets whose processes found the way there
/// by themselves. One value takes the losses of many services: that costs one pass over tables and network namespaces.
package struct BackendRemoval: Hashable, Sendable {
    /// By the numbers that connections and sockets carry.
    private var lost: [UInt32: Set<Endpoint>] = [:]
    /// Whether TCP connections end, too; otherwise they go on until one side closes them.
    package let closingTCP: Bool

    package init(closingTCP: Bool = false) {
        self.closingTCP = closingTCP
    }

    /// - Parameter lost: what services have lost, by their numbers, as ``ServiceStore/apply(_:)`` says.
    package init(_ lost: [UInt32: [Endpoint]], closingTCP: Bool = false) {
        self.init(closingTCP: closingTCP)
        for (service, endpoints) in lost { add(endpoints, from: service) }
    }

    /// - Parameter service: its number, as ``ServiceStore/identifier(of:)`` said before it was deleted.
    package init(removed: [Endpoint], from service: UInt32, closingTCP: Bool = false) {
        self.init(closingTCP: closingTCP)
        add(removed, from: service)
    }

    package mutating func add(_ removed: [Endpoint], from service: UInt32) {
        guard !removed.isEmpty else { return }
        lost[service, default: []].formUnion(removed)
    }

    package var isEmpty: Bool { lost.isEmpty }

    private var transports: Set<TransportProtocol> { closingTCP ? [.tcp, .udp] : [.udp] }

    /// Ends connected UDP sockets in every network namespace and forgets tracked UDP flows; TCP as ``closingTCP`` says.
    ///
    /// To be called once the services no longer name the backends, by who holds the dataplane's lock. What stands in
    /// the way is reported, not thrown: the services have changed already.
    package func cleanUp(in dataplane: borrowing Dataplane) throws(DataplaneError) -> BackendRemovalReport {
        guard !isEmpty else { return BackendRemovalReport() }
        let nodes = try lostNodes(of: dataplane)
        // Sockets first: what they still send would make the connections anew.
        var report = try endSockets(SocketStore(in: dataplane.directory))
        let backends = LostBackends(endpoints: lost, nodes: nodes)
        report.connections = try dataplane.connections().forget(backends, transports)
        return report
    }

    private func endSockets(_ store: borrowing SocketStore) throws(DataplaneError) -> BackendRemovalReport {
        let transports = transports
        let sockets = try store.sockets { socket in
            transports.contains(socket.transport) && lost[socket.serviceID]?.contains(socket.backend) == true
        }
        var termination = SocketTermination(sockets)
        try termination.run()
        try store.delete(sockets.filter(termination.isOver))
        return termination.report
    }

    /// The nodes that have had a backend of a service and have none now; flows through the overlay know no more.
    private func lostNodes(of dataplane: borrowing Dataplane) throws(DataplaneError) -> [UInt32: Set<IPAddress>] {
        let routes = try dataplane.routes().routes()
        var nodes = lost.mapValues { Set($0.compactMap { routes.node(of: $0.address) }) }.filter { !$0.value.isEmpty }
        guard !nodes.isEmpty else { return [:] }
        let services = try dataplane.services()
        for id in Array(nodes.keys) {
            guard let name = services.names[id], let kept = try services.service(named: name)?.backends else {
                continue
            }
            nodes[id]?.subtract(kept.compactMap { routes.node(of: $0.endpoint.address) })
        }
        return nodes
    }
}

/// What was ended, and what could not be.
package struct BackendRemovalReport: Hashable, Sendable {
    /// Tracked connections that were forgotten.
    package var connections: [TransportProtocol: Int] = [:]
    /// Sockets that were ended: their processes get an error and may connect anew.
    package var sockets: [TransportProtocol: Int] = [:]
    /// The kernel cannot find or end sockets of these transports, and there may have been some.
    package var unsupported: Set<TransportProtocol> = []
    /// Network namespaces whose sockets could not be looked at.
    package var unreachableNamespaces = 0
    /// Sockets that were found and could not be ended, for another reason than ``unsupported``.
    package var refusedSockets = 0
    /// What the kernel said to the first of the namespaces or sockets that it refused.
    package var firstRefusal: SystemError?

    package init() {}
}

/// Backends that services have lost, as the connection table shows them.
struct LostBackends {
    let endpoints: [UInt32: Set<Endpoint>]
    let nodes: [UInt32: Set<IPAddress>]

    /// - Parameter request: the entry of a connection's requests.
    func include<Entry: ConnectionABI>(_ request: Entry) -> Bool where Entry.Address: AddressABI {
        guard let endpoints = endpoints[request.service_id] else { return false }
        guard !request.crossesOverlay else {
            return nodes[request.service_id]?.contains(request.next_hop.model) ?? false
        }
        return endpoints.contains(Endpoint(request.dst, request.dport))
    }
}

extension [RouteEntry] {
    /// The other node that an address is on; nil for this one, and when its own address is not known.
    fileprivate func node(of address: IPAddress) -> IPAddress? {
        guard case .remote(let node) = covering(address)?.route.place, !node.isUnspecified else { return nil }
        return node
    }
}
