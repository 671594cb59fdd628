// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Lab
import LinuxSystem
import Rendering

/// One client asking the service in one way.
struct DemoScene {
    /// Where the client runs, which decides which programs see it.
    enum Client: String, CaseIterable {
        /// Its connect() is balanced.
        case pod
        /// Outside the node's cgroup, so that each packet is translated on the pod's interface.
        case podWithoutCgroup = "pod-without-cgroup"
        case host
    }

    let client: Client
    let transport: TransportProtocol
    let family: AddressFamily

    static let requests = 20

    static func all(families: [AddressFamily]) -> [DemoScene] {
        Client.allCases.flatMap { client in
            TransportProtocol.allCases.flatMap { transport in
                families.map { DemoScene(client: client, transport: transport, family: $0) }
            }
        }
    }

    /// Sends the requests from the first node and sees in its counters which way they took.
    func play(on lab: Lab) throws -> DemoTrafficRow {
        let node = lab.nodes[0]
        let before = try DemoPage.counters(of: node)
        let asker = client == .host ? node.host : node.pods[1]
        let request = LabRequest(transport, DemoStage.address(family), count: Self.requests)
        let tally = try asker.ask(request, outsideCgroup: client == .podWithoutCgroup)
        let after = try DemoPage.counters(of: node)
        let counted = zip(before, after).filter { $1.packets > $0.packets }.map(\.1.reason)
        return DemoTrafficRow(scene: self, tally: tally, path: Self.paths.filter(counted.contains))
    }

    /// The reasons that tell the way of a request, in the order in which they are met.
    private static let paths: [CounterReason] = [
        .socketTranslated, .forwardPeer, .forwardNeighbor, .forwardStack,
    ]
}

/// What became of one client's requests.
struct DemoTrafficRow: Presentable {
    let scene: DemoScene
    let tally: LabTally
    let path: [CounterReason]

    static var kind: String { "Traffic" }

    static var columns: [Column] {
        [
            Column("FROM"), Column("PROTO"), Column("FAMILY"), Column("ANSWERED-BY"), Column("FAILED", .right),
            Column("MEDIAN", .right), Column("PATH"),
        ]
    }

    var resourceName: String { "\(scene.client.rawValue)/\(scene.transport)/\(scene.family)" }

    func cells(_ row: inout RowWriter) {
        row.cell(scene.client.rawValue)
        row.cell("\(scene.transport)")
        row.cell("\(scene.family)")
        row.cell(tally.answerText)
        row.cell(tally.failed, tally.failed == 0 ? .plain : .bad)
        row.cell(tally.medianLatency.map { "\($0 / 1000)us" })
        row.cell(path.map(\.name).joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("from", scene.client.rawValue)
        object.string("protocol", "\(scene.transport)")
        object.string("family", "\(scene.family)")
        tally.fields(&object)
        object.strings("path", path.map(\.name))
    }
}

extension LabTally {
    /// `n1p1=9,n2p1=11`
    var answerText: String {
        answers.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    func fields(_ object: inout ObjectWriter) {
        object.array("answers", answers.sorted { $0.key < $1.key }) { answer, item in
            item.string("server", answer.key)
            item.integer("count", answer.value)
        }
        object.array("failures", failures.sorted { $0.key < $1.key }) { failure, item in
            item.string("cause", failure.key)
            item.integer("count", failure.value)
        }
        object.seconds("medianLatencySeconds", medianLatency.map { .nanoseconds($0) })
    }
}
