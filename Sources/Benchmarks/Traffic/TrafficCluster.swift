// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Lab

/// The services of a cluster as all contenders are told of them, in one order.
struct TrafficCluster {
    /// One service port.
    struct Entry {
        let name: String
        let frontend: FrontendAddress
        let backends: [Endpoint]
        var nodePort: UInt16?
    }

    /// Where the backends of a measured service run, seen from the client's pod.
    enum Place: String, CaseIterable {
        case sameNode = "same-node"
        case otherNode = "other-node"

        /// From 1; the client is on the first.
        var node: Int { self == .sameNode ? 1 : 2 }

        /// The numbers of the pods there that serve; the client is the first pod of its node.
        var pods: ClosedRange<Int> { 2...3 }
    }

    /// The client's, in the middle of the list, where a search through it finds them after half of the others.
    let entries: [Entry]

    /// As many services as `count` says, the measured ones among them.
    ///
    /// The measured ones have two backends. The others are never asked, so that what follows once they are found may be
    /// small: one backend, whose address is in the pod block of a node that does not exist.
    init(_ count: Int, measured: [Entry]) {
        let others = (0..<max(0, count - measured.count)).map(Self.unused)
        entries = others.prefix(others.count / 2) + measured + others.dropFirst(others.count / 2)
    }

    /// The service whose backends are the servers for `task` at `place`.
    static func measured(_ task: TrafficTask, at place: Place, nodePort: UInt16? = nil) -> Entry {
        let address: IPAddress = .v4(0x0a60_ff00 | UInt32(place.node))
        return Entry(
            name: "measured-\(task.transport)-\(place.rawValue)",
            frontend: FrontendAddress(
                endpoint: Endpoint(address: address, port: 80), transport: task.transport),
            backends: place.pods.map { pod in
                Endpoint(address: LabPlan.pod(pod, ofNode: place.node, .v4), port: task.manner.port)
            }, nodePort: nodePort)
    }

    private static func unused(_ index: Int) -> Entry {
        let number = UInt32(index)
        return Entry(
            name: "unused-\(index)",
            frontend: FrontendAddress(
                endpoint: Endpoint(address: .v4(0x0a60_0100 + number), port: 80), transport: .tcp),
            backends: [Endpoint(address: .v4(0x0af5_0100 + number), port: 8080)])
    }
}

extension TrafficCluster {
    /// For our own dataplane on the node of that number.
    func services(onNode node: Int) throws -> [Service] {
        let local = LabPlan.podBlock(ofNode: node, .v4)
        return try entries.map { entry in
            var frontends: [Frontend] = [.clusterIP(entry.frontend)]
            if let port = entry.nodePort {
                frontends.append(.nodePort(NodePort(port: port, transport: entry.frontend.transport)))
            }
            return Service(
                name: try ServiceName(namespace: "benchmark", name: entry.name), frontends: frontends,
                backends: entry.backends.map { Backend(endpoint: $0, isLocal: local.contains($0.address)) })
        }
    }
}
