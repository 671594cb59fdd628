// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering

/// A service and what it carries, as `service list --watch` shows it.
struct ServiceRateRow: WatchedRow {
    let service: Service
    let activity: ServiceActivity
    /// Nil at the first look, which has nothing to compare with.
    let elapsed: Duration?

    static var kind: String { "ServiceRate" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("BACKENDS", .right), Column("CONNECTIONS", .right), Column("CONN/S", .right),
            Column("PACKETS/S", .right), Column("BYTES/S", .right), Column("FRONTENDS", yields: 1),
        ]
    }

    /// By what they carry, the most first.
    static func rows(_ services: [Service], _ reading: TrafficReading) -> [ServiceRateRow] {
        services.map {
            ServiceRateRow(
                service: $0, activity: reading.services[$0.name] ?? ServiceActivity(), elapsed: reading.elapsed)
        }.sorted { one, other in
            let (first, second) = (one.activity.traffic.bytes, other.activity.traffic.bytes)
            return first == second ? one.service.name < other.service.name : first > second
        }
    }

    var resourceName: String { service.name.text }

    var identity: ServiceName { service.name }

    func isUnchanged(since earlier: ServiceRateRow) -> Bool {
        // The second look is the first with rates.
        (elapsed == nil) == (earlier.elapsed == nil) && activity == earlier.activity && service == earlier.service
    }

    /// A second; nil when there is no interval.
    private func rate(_ count: UInt64) -> Double? { elapsed.map { Double(count) / max($0.inSeconds, 0.001) } }

    private var opened: Double? { rate(UInt64(activity.opened)) }
    private var packets: Double? { rate(activity.traffic.packets) }
    private var bytes: Double? { rate(activity.traffic.bytes) }

    func cells(_ row: inout RowWriter) {
        let tone: Tone = activity.traffic.packets > 0 ? .good : .plain
        row.cell(service.name.text)
        row.cell(service.backends.count, service.isServed ? .plain : .warning)
        row.cell(activity.connections)
        row.cell(opened.map(HumanFormat.rate), tone)
        row.cell(packets.map(HumanFormat.rate), tone)
        row.cell(bytes.map(HumanFormat.byteRate), tone)
        row.cell(ServiceRow.shortened(service.frontends))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", service.name.text)
        object.integer("backends", service.backends.count)
        object.integer("connections", activity.connections)
        object.seconds("intervalSeconds", elapsed)
        for (name, rate) in [("connections", opened), ("packets", packets), ("bytes", bytes)] {
            if let rate {
                object.number("\(name)PerSecond", rate.toThousandths)
            } else {
                object.null("\(name)PerSecond")
            }
        }
    }
}

extension Duration {
    var inSeconds: Double { self / .seconds(1) }
}

extension Double {
    /// No more digits than a rate has.
    var toThousandths: Double { (self * 1000).rounded() / 1000 }
}
