// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering
import Topology

/// The state of the dataplane as one page.
struct StatusPage: Describable {
    let report: StatusReport
    let location: DataplaneLocation
    /// Of the service that was asked for.
    var probes: [ServiceProbe] = []

    static var kind: String { "Status" }

    var resourceName: String { state }

    /// A service that does not answer is as bad as a missing program.
    var isDegraded: Bool { report.isDegraded || !probes.allSatisfy(\.isSuccess) }

    private var state: String { isDegraded ? "degraded" : "healthy" }

    /// What hints have the user run.
    private var again: EnableAgain { EnableAgain(report.record.configuration, at: location) }

    private var asked: [String] { EnableOptions.asked(in: report.record.configuration) }

    private var enabledAt: String { UTCTime(secondsSince1970: report.record.enabledAt).text }

    /// The version without the digest of the programs.
    private var version: String { String(report.record.toolVersion.prefix { $0 != " " }) }

    private var interfaces: [InterfaceStatusRow] {
        report.interfaces.filter { $0.role != .ignored || !$0.attachments.isEmpty }.map(InterfaceStatusRow.init)
    }

    private var overlay: String {
        guard let device = report.overlay else { return report.options.overlayPort == 0 ? "off" : "none" }
        return "\(device.name), UDP port \(device.port)"
    }

    /// The smallest of each kind of interface.
    private var mtus: [(name: String, mtu: Int)] {
        let all = [("uplink", report.mtus.uplink), ("overlay", report.mtus.overlay), ("pod", report.mtus.workload)]
        return all.compactMap { name, mtu in mtu.map { (name, $0) } }
    }

    /// What was asked for comes first.
    private var findings: [StatusFinding] {
        probes.compactMap { $0.finding(again) }
            + report.problems.map {
                StatusFinding(message: $0.text, hint: $0.hint(again), isDegrading: $0.isDegrading)
            }
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("State", state, isDegraded ? .bad : .good)
        page.entry("Version", version)
        page.entry("Enabled since", enabledAt)
        page.entry("Options", asked.joined(separator: " "))
        page.entry("Forwarding", report.options.forwarding.rawValue)
        page.entry("Overlay", overlay)
        page.entry("Return", report.options.returnPath.rawValue)
        page.entry("MTU", mtus.map { "\($0.name) \($0.mtu)" }.joined(separator: ", "))
        page.entry("Node addresses", report.nodeAddresses.map { "\($0)" }.joined(separator: ", "))
        page.entry("Services", report.serviceCount)
        page.entry("Socket programs", report.socketAttachments.map(\.program.pinName).joined(separator: ", "))
        page.table("Interfaces", interfaces)
        page.table("Maps", report.maps.map(MapRow.init))
        for probe in probes {
            page.entry("Probe", probe.lines(again), probe.isSuccess ? .good : .bad)
        }
        page.entry("Findings", findings.map { "\($0.message); \($0.hint)" }, isDegraded ? .bad : .warning)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("state", state)
        object.string("version", version)
        object.string("build", report.record.toolVersion)
        object.string("enabledAt", enabledAt)
        object.strings("options", asked)
        object.string("forwarding", report.options.forwarding.rawValue)
        object.string("overlayDevice", report.overlay?.name)
        object.integer("overlayPort", report.overlay?.port)
        object.string("return", report.options.returnPath.rawValue)
        object.integer("uplinkMTU", report.mtus.uplink)
        object.integer("overlayMTU", report.mtus.overlay)
        object.integer("workloadMTU", report.mtus.workload)
        object.strings("nodeAddresses", report.nodeAddresses.map { "\($0)" })
        object.integer("services", report.serviceCount)
        object.strings("socketPrograms", report.socketAttachments.map(\.program.pinName))
        object.array("probes", probes) { probe, item in probe.fields(&item, again) }
        object.array("interfaces", interfaces) { row, item in row.fields(&item) }
        object.array("maps", report.maps) { map, item in MapRow(usage: map).fields(&item) }
        object.array("findings", findings) { finding, item in
            item.bool("degrading", finding.isDegrading)
            item.string("message", finding.message)
            item.string("hint", finding.hint)
        }
    }
}

/// What an operator should know, and a way out.
struct StatusFinding {
    let message: String
    let hint: String
    let isDegrading: Bool
}

/// An interface with a role, within the page.
struct InterfaceStatusRow: Presentable {
    let status: InterfaceStatus

    static var kind: String { "Interface" }

    static var columns: [Column] {
        [Column("NAME"), Column("ROLE"), Column("MTU", .right), Column("PROGRAMS", .right), Column("REASON")]
    }

    var resourceName: String { status.name }

    func cells(_ row: inout RowWriter) {
        row.cell(status.name)
        row.cell(status.role.rawValue)
        row.cell(status.mtu)
        row.cell(status.attachments.count, status.attachments.isEmpty ? .warning : .plain)
        row.cell(status.reason.word)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", status.name)
        object.integer("index", status.index)
        object.string("role", status.role.rawValue)
        object.string("reason", status.reason.text)
        object.integer("mtu", status.mtu)
        object.strings("programs", status.attachments.map(\.program.pinName))
    }
}

/// How full a map is, within the page.
struct MapRow: Presentable {
    let usage: MapUsage

    static var kind: String { "Map" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("TYPE"), Column("ENTRIES", .right), Column("SIZE", .right), Column("FILL", .right),
            Column("MEMORY", .right),
        ]
    }

    var resourceName: String { usage.name }

    func cells(_ row: inout RowWriter) {
        row.cell(usage.name)
        row.cell(usage.type)
        row.cell(usage.entries)
        row.cell(usage.capacity)
        row.cell(
            HumanFormat.percentage(UInt64(usage.entries), of: UInt64(usage.capacity)),
            usage.isNearlyFull ? .warning : .plain)
        row.cell(usage.memory.map(HumanFormat.bytes))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", usage.name)
        object.string("type", usage.type)
        object.integer("entries", usage.entries)
        object.integer("capacity", usage.capacity)
        object.integer("memoryBytes", usage.memory)
    }
}
