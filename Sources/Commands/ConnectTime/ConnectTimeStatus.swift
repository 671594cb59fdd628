// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConnectTimeStatus: Command {
    package static let spec = CommandSpec(
        noun: "connect-time", verb: "status", "Show how sockets are balanced when they connect",
        details: [
            """
            Programs on a cgroup replace a service's address by a backend's in connect() and sendmsg(). Sockets are \
            those that the maps remember, so that they are shown the service's address again; closed ones are \
            among them until room is needed.
            """
        ],
        examples: [
            Example("ebpfctl connect-time status", "The mode, the cgroup, and each program"),
            Example("ebpfctl connect-time status -o json", "The same for programs"),
        ],
        requirements: [Requirement.enabled, Requirement.inspection],
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.inspection)
        let report = try context.reading().connectTime()
        try context.renderer.page(ConnectTimePage(report: report, families: context.families))
        return .success
    }
}

/// The connect-time programs as one page.
struct ConnectTimePage: Describable {
    let report: ConnectTimeReport
    let families: Set<AddressFamily>

    static var kind: String { "ConnectTime" }

    var resourceName: String { state }

    private var hooks: [ConnectTimeRow] {
        report.hooks.filter { families.contains($0.program.family) }.map(ConnectTimeRow.init)
    }

    /// `attached` as soon as all that is wanted is there.
    private var state: String {
        let wanted = report.hooks.filter(\.isWanted)
        if wanted.isEmpty { return report.hooks.contains(where: \.isAttached) ? "attached" : "off" }
        let missing = wanted.count { !$0.isAttached }
        return missing == 0 ? "attached" : missing == wanted.count ? "detached" : "partial"
    }

    func describe(_ page: inout DescriptionList) {
        let isWhole = state == "attached" || state == "off"
        page.entry("State", state, isWhole ? .good : .bad)
        page.entry("Mode", report.mode.rawValue)
        page.entry("Cgroup", report.cgroup)
        page.entry("Sockets", report.sockets)
        page.table("Programs", hooks)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("state", state)
        object.string("mode", report.mode.rawValue)
        object.string("cgroup", report.cgroup)
        object.integer("sockets", report.sockets)
        object.array("programs", hooks) { row, item in row.fields(&item) }
    }
}

/// A connect-time program, within the page.
struct ConnectTimeRow: Presentable {
    let hook: ConnectTimeReport.Hook

    static var kind: String { "ConnectTimeProgram" }

    static var columns: [Column] {
        [Column("PROGRAM"), Column("HOOK"), Column("WANTED"), Column("ATTACHED"), Column("BY")]
    }

    var resourceName: String { hook.program.pinName }

    private var attachType: String {
        if case .cgroup(let type) = hook.program.hook { type.name } else { "" }
    }

    private var isMissing: Bool { hook.isWanted && !hook.isAttached }

    private var origin: String? {
        guard hook.isAttached else { return nil }
        return hook.attachments.contains { !$0.isManual } ? "enable" : "hand"
    }

    func cells(_ row: inout RowWriter) {
        row.cell(hook.program.pinName)
        row.cell(attachType)
        row.cell(hook.isWanted ? "yes" : "no")
        row.cell(hook.isAttached ? "yes" : "no", isMissing ? .bad : .plain)
        row.cell(origin)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("program", hook.program.pinName)
        object.string("attachType", attachType)
        object.bool("wanted", hook.isWanted)
        object.bool("attached", hook.isAttached)
        object.bool("manual", origin == "hand")
    }
}
