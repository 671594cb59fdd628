// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering

/// An event as it is printed.
struct TraceRow: Presentable {
    let event: TraceEvent
    /// Nil for a socket call, and for an interface that is gone.
    let interface: String?
    let time: UTCTime

    static var kind: String { "TraceEvent" }

    /// The first event may be shown long before the second one, so the widths are those of IPv4.
    static var columns: [Column] {
        [
            Column("TIME", width: 12), Column("EVENT", width: 7), Column("REASON", isWhole: true, width: 18),
            Column("INTERFACE", wideOnly: true, width: 13), Column("PROGRAM", wideOnly: true, width: 13),
            Column("PROTO"), Column("SOURCE", isWhole: true, width: 16),
            Column("DESTINATION", isWhole: true, width: 16), Column("AFTER", isWhole: true),
            Column("SERVICE", wideOnly: true, isWhole: true, width: 15),
            Column("FLAGS", wideOnly: true, width: 7), Column("LENGTH", .right, wideOnly: true),
        ]
    }

    /// The tuple of its connection, which `conntrack get` takes.
    var resourceName: String {
        let (source, destination) = connectionEnds
        return [protocolName, source?.text, destination?.text].map { $0 ?? nothing }.joined(separator: ",")
    }

    func cells(_ row: inout RowWriter) {
        row.cell(time.clock)
        row.cell(event.reason.kind.rawValue, tone)
        row.cell(event.reason.name, tone)
        row.cell(interface)
        row.cell(event.program.rawValue)
        row.cell(protocolName)
        row.cell(event.before?.source?.text)
        row.cell(event.before?.destination.text)
        row.cell(afterText)
        row.cell(event.serviceID.map { _ in event.service?.text ?? "<deleted>" })
        row.cell(flagNames.isEmpty ? nil : flagNames.joined(separator: ","))
        row.cell(event.length.map { "\($0)" })
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("timestamp", time.preciseText)
        object.string("event", event.reason.kind.rawValue)
        object.string("reason", event.reason.name)
        object.string("program", event.program.rawValue)
        object.string("interface", interface)
        object.integer("interfaceIndex", event.interfaceIndex)
        object.string("protocol", protocolName)
        end("source", event.before?.source, &object)
        end("destination", event.before?.destination, &object)
        if let after = event.after {
            object.object("after") { item in
                end("source", after.source, &item)
                end("destination", after.destination, &item)
            }
        } else {
            object.null("after")
        }
        object.string("node", event.node?.description)
        object.string("service", event.service?.text)
        object.integer("serviceID", event.serviceID)
        if let isReply = event.isReply { object.bool("reply", isReply) } else { object.null("reply") }
        object.strings("tcpFlags", flagNames)
        object.integer("lengthBytes", event.length)
    }

    private func end(_ name: String, _ end: TraceEvent.End?, _ object: inout ObjectWriter) {
        guard let end else { return object.null(name) }
        object.object(name) { item in
            item.string("address", "\(end.address)")
            item.integer("port", end.port)
        }
    }
}

extension TraceRow {
    /// As `counter list` colours it.
    private var tone: Tone {
        switch event.reason.kind {
        case .drop, .reject: .bad
        case .new: .good
        default: event.reason.outcome == .error ? .warning : .plain
        }
    }

    private var protocolName: String? {
        switch event.protocolNumber {
        case nil: nil
        case 1: "icmp"
        case 6: "tcp"
        case 17: "udp"
        case 58: "icmpv6"
        case let number?: "\(number)"
        }
    }

    /// What differs from what arrived.
    private var afterText: String? {
        if let node = event.node { return "via:\(node)" }
        guard let before = event.before, let after = event.after else { return nil }
        var changes: [String] = []
        if let source = after.source, source != before.source { changes.append("<\(source.text)") }
        if after.destination != before.destination { changes.append(">\(after.destination.text)") }
        return changes.joined(separator: ",")
    }

    /// The client's end first, as the connection table has it.
    private var connectionEnds: (TraceEvent.End?, TraceEvent.End?) {
        guard event.isReply == true else { return (event.before?.source, event.before?.destination) }
        let reply = event.after ?? event.before
        return (reply?.destination, reply?.source)
    }

    private var flagNames: [String] {
        let names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
        return names.indices.filter { event.tcpFlags & 1 << $0 != 0 }.map { names[$0] }
    }
}

extension TraceEvent.End {
    var text: String { port.map { "\(Endpoint(address: address, port: $0))" } ?? "\(address)" }
}
