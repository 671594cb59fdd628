// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import Rendering

/// What happened in the lab, and the tables of its first node that made it happen.
struct DemoPage: Describable {
    let name: String
    let traffic: [DemoTrafficRow]
    let outside: [DemoOutsideRow]
    let elapsed: Duration
    let services: [Service]
    /// One of each kind: see ``sample(of:)``.
    let connections: [Connection]
    let connectionCount: Int
    /// Those that moved, by node.
    let counters: [(node: String, readings: [CounterReading])]

    /// Every request was answered, and what came from outside was seen and returned as it should.
    var isSuccess: Bool {
        traffic.allSatisfy { $0.tally.failed == 0 && $0.tally.answered > 0 } && outside.allSatisfy(\.isSuccess)
    }

    static var kind: String { "Demo" }

    var resourceName: String { name }

    init(lab: Lab, traffic: [DemoTrafficRow], outside: [DemoOutsideRow], elapsed: Duration) throws {
        name = lab.name
        self.traffic = traffic
        self.outside = outside
        self.elapsed = elapsed
        let first = try Dataplane(at: lab.nodes[0].location, .reading)
        services = try first.services().services()
        var all: [Connection] = []
        try first.connections().forEach(matching: ConnectionFilter()) { all.append($0) }
        all.sort { $0.key < $1.key }
        connectionCount = all.count
        connections = Self.sample(of: all)
        counters = try lab.nodes.map { node in
            (node.host.name, try Self.counters(of: node).filter { $0.packets > 0 })
        }
    }

    static func counters(of node: LabNode) throws -> [CounterReading] {
        try Dataplane(at: node.location, .reading).counters()
    }

    /// One of each protocol, family, client and way of being balanced.
    private static func sample(of connections: [Connection]) -> [Connection] {
        var seen: Set<String> = []
        return connections.filter { connection in
            let key = connection.key
            let isAtConnect = connection.flags.contains(.connectTime)
            return seen.insert("\(key.transport) \(key.source.address) \(isAtConnect)").inserted
        }
    }

    func describe(_ page: inout DescriptionList) {
        page.entry(
            "Lab", "\(name): 2 nodes with 2 pods each, servers in the pods n1p1 and n2p1, a client beyond a router")
        page.entry("Requests", "\(DemoScene.requests) by each client, all from or to node n1")
        page.table("Traffic", traffic)
        page.entry("Paths", paths.map { "\($0.name): \($0.caption)" })
        page.table("From outside, to node port \(DemoStage.nodePort) of n1, served by n2p1", outside)
        page.entry("Replies", ways.map(\.caption))
        page.table("Services on n1", services.map(ServiceRow.init))
        page.table(
            "Connections on n1, \(connections.count) of \(connectionCount)", connections.map(ConnectionRow.init))
        for (node, readings) in counters { page.table("Counters on \(node)", readings.map(CounterRow.init)) }
        page.entry("Result", isSuccess ? "all requests were answered" : "not all requests were answered", tone)
        page.entry("Took", HumanFormat.age(elapsed))
    }

    /// The ways that were seen, in the order of the counters.
    private var paths: [CounterReason] {
        let seen = Set(traffic.flatMap(\.path))
        return CounterReason.allCases.filter(seen.contains)
    }

    private var ways: [EnableOptions.ReturnPath] {
        EnableOptions.ReturnPath.allCases.filter { way in outside.contains { $0.scene.way == way } }
    }

    private var tone: Tone { isSuccess ? .good : .bad }

    func fields(_ object: inout ObjectWriter) {
        object.string("lab", name)
        object.bool("success", isSuccess)
        object.integer("requestsPerClient", DemoScene.requests)
        object.array("traffic", traffic) { row, item in row.fields(&item) }
        object.array("outside", outside) { row, item in row.fields(&item) }
        object.array("services", services) { service, item in ServiceRow(service: service).fields(&item) }
        object.array("connections", connections) { connection, item in
            ConnectionRow(connection: connection).fields(&item)
        }
        object.integer("connectionCount", connectionCount)
        object.array("counters", counters) { node, item in
            item.string("node", node.node)
            item.array("readings", node.readings) { reading, item in CounterRow(reading: reading).fields(&item) }
        }
        object.seconds("elapsedSeconds", elapsed)
    }
}
