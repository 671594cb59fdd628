// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import Rendering

/// The client outside the cluster, asking at a node port of the first node what a pod of the second one serves.
struct DemoOutsideScene {
    let way: EnableOptions.ReturnPath
    let transport: TransportProtocol
    let family: AddressFamily

    static func all(returning way: EnableOptions.ReturnPath, families: [AddressFamily]) -> [DemoOutsideScene] {
        TransportProtocol.allCases.flatMap { transport in
            families.map { DemoOutsideScene(way: way, transport: transport, family: $0) }
        }
    }

    /// Sends the requests and sees in the counters of both nodes where they sent packets to.
    func play(on lab: Lab) throws -> DemoOutsideRow {
        let before = try lab.nodes.map(Self.departures)
        let target = Endpoint(address: LabPlan.node(1, family).address, port: DemoStage.nodePort)
        let tally = try lab.client.ask(LabRequest(transport, target, count: DemoScene.requests))
        let after = try lab.nodes.map(Self.departures)
        return DemoOutsideRow(scene: self, tally: tally, departures: zip(after, before).map { $0.since($1) })
    }

    private static func departures(from node: LabNode) throws -> DemoDepartures {
        let packets = Dictionary(
            uniqueKeysWithValues: try DemoPage.counters(of: node).map { ($0.reason, Int(clamping: $0.packets)) })
        return DemoDepartures(
            node: node.host.name, toOtherNode: packets[.forwardTunnel] ?? 0,
            toClient: packets[.forwardNeighbor] ?? 0)
    }
}

/// Packets that a node's programs sent out of its uplink.
struct DemoDepartures {
    let node: String
    let toOtherNode: Int
    let toClient: Int

    func since(_ earlier: DemoDepartures) -> DemoDepartures {
        DemoDepartures(
            node: node, toOtherNode: toOtherNode - earlier.toOtherNode, toClient: toClient - earlier.toClient)
    }
}

/// What became of the requests from outside.
struct DemoOutsideRow: Presentable {
    let scene: DemoOutsideScene
    let tally: LabTally
    /// Of the first node, then of the second.
    let departures: [DemoDepartures]

    /// Answered by the pod, which saw the client; and no reply left by another node than it should.
    var isSuccess: Bool {
        let client = "\(LabPlan.client(scene.family).address)"
        let silent = scene.way == .tunnel ? departures.last : departures.first
        return tally.failed == 0 && tally.answered == DemoScene.requests && tally.sources[client] == tally.answered
            && silent?.toClient == 0
    }

    static var kind: String { "Outside" }

    static var columns: [Column] {
        [
            Column("RETURN"), Column("PROTO"), Column("FAMILY"), Column("ANSWERED-BY"), Column("SEEN-BY-POD"),
            Column("FAILED", .right), Column("N1>N2", .right), Column("N2>N1", .right), Column("N1>CLIENT", .right),
            Column("N2>CLIENT", .right), Column("MEDIAN", .right, wideOnly: true),
        ]
    }

    var resourceName: String { "\(scene.way.rawValue)/\(scene.transport)/\(scene.family)" }

    func cells(_ row: inout RowWriter) {
        row.cell(scene.way.rawValue)
        row.cell("\(scene.transport)")
        row.cell("\(scene.family)")
        row.cell(tally.answerText)
        row.cell(tally.sources.keys.sorted().joined(separator: ","))
        row.cell(tally.failed, tally.failed == 0 ? .plain : .bad)
        for node in departures { row.cell(node.toOtherNode) }
        for node in departures { row.cell(node.toClient) }
        row.cell(tally.medianLatency.map { "\($0 / 1000)us" })
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("return", scene.way.rawValue)
        object.string("protocol", "\(scene.transport)")
        object.string("family", "\(scene.family)")
        tally.fields(&object)
        object.array("clientsSeen", tally.sources.sorted { $0.key < $1.key }) { source, item in
            item.string("address", source.key)
            item.integer("count", source.value)
        }
        object.array("packetsSent", departures) { node, item in
            item.string("node", node.node)
            item.integer("toOtherNode", node.toOtherNode)
            item.integer("toClient", node.toClient)
        }
    }
}

extension EnableOptions.ReturnPath {
    /// What the packet counts of a row show.
    var caption: String {
        switch self {
        case .tunnel: "tunnel: through n1, which the client sent to"
        case .dsr: "dsr: from n2 straight to the client; n1 sees requests only"
        }
    }
}
