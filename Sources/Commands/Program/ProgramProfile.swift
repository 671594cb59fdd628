// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

package enum ProgramProfileCommand: Command {
    package static let spec = CommandSpec(
        noun: "program", verb: "profile", "Measure how often programs run, and how long a run takes",
        details: [
            """
            Switches the kernel's statistics of BPF programs on for the time of the measurement, which costs each run \
            of every program on the node some tens of nanoseconds; they are part of the figures. The kernel counts \
            by program: runs on several interfaces are one number, and the interfaces are named beside it.
            """,
            "Ctrl-C ends the measurement early and shows what was counted until then.",
        ],
        options: [
            OptionSpec("duration", value: ValueSpec("DURATION", default: standardText), "How long to measure"),
            OptionSpec("all", "Also programs that are attached nowhere"),
        ],
        examples: [
            Example("ebpfctl program profile", "Five seconds of every attached program"),
            Example("ebpfctl program profile --duration 30s -o json", "Half a minute, for programs"),
        ],
        requirements: [Requirement.enabled, Requirement.inspection],
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    private static let standardText = "5s"
    private static let standard = Duration.seconds(5)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let duration = try context.invocation.option("duration", read: Duration.init(text:)) ?? standard
        try context.require(Privilege.inspection)
        let dataplane = try context.reading()
        let signals = try SignalWatcher()
        let line = StatusLine(context)
        line.show("measuring for \(duration.text)")
        let profiles = try dataplane.profile { () throws(DataplaneError) in
            do throws(SystemError) { _ = try signals.wait(until: Deadline(after: duration)) } catch {
                throw .system(error)
            }
        }
        line.clear()
        let names = try InterfaceNames.current()
        let isAll = context.invocation.flag("all")
        try context.renderer.list(
            profiles.filter {
                context.families.contains($0.loaded.program.family) && (isAll || !$0.loaded.attachments.isEmpty)
            }.map { ProgramProfileRow($0, names: names) })
        return .success
    }
}

/// What one program did in the interval.
struct ProgramProfileRow: Presentable {
    let profile: ProgramProfile
    let places: [PlaceText]

    init(_ profile: ProgramProfile, names: InterfaceNames) {
        self.profile = profile
        places = profile.loaded.attachments.map { PlaceText($0, names: names) }
    }

    static var kind: String { "ProgramProfile" }

    static var columns: [Column] {
        [
            Column("NAME"), Column("RUNS", .right), Column("RUNS/S", .right), Column("NS/RUN", .right),
            Column("CPU", .right), Column("ON"), Column("HOOK", wideOnly: true), Column("PLACES", wideOnly: true),
        ]
    }

    var resourceName: String { profile.loaded.program.pinName }

    private var seconds: Double { profile.interval / .seconds(1) }

    private var runsPerSecond: Double { seconds > 0 ? Double(profile.runs) / seconds : 0 }

    /// Nil when it never ran.
    private var nanosecondsPerRun: Double? {
        profile.runs == 0 ? nil : Double(profile.time) / Double(profile.runs)
    }

    /// Of one processor: more than 1 where several were busy with it.
    private var share: Double { seconds > 0 ? Double(profile.time) / (seconds * 1e9) : 0 }

    /// The interfaces it is on, or the word for a cgroup.
    private var interfaces: [String] {
        var seen: Set<String> = []
        return places.map { place in
            if case .cgroup = place.attachment.point { return "cgroup" }
            return place.interface ?? InterfaceNames.gone
        }.filter { seen.insert($0).inserted }
    }

    func cells(_ row: inout RowWriter) {
        let tone: Tone = profile.runs == 0 ? .dim : .plain
        row.cell(profile.loaded.program.pinName, tone)
        row.cell(profile.runs, tone)
        row.cell(Self.rounded(runsPerSecond), tone)
        row.cell(nanosecondsPerRun.map(Self.rounded), tone)
        row.cell("\(Self.tenths(share * 100))%", tone)
        row.cell(interfaces.joined(separator: ","), tone)
        row.cell(profile.loaded.program.hook.text)
        row.cell(places.map(\.word).joined(separator: ","))
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("name", profile.loaded.program.pinName)
        object.integer("id", profile.loaded.info.id)
        object.string("hook", profile.loaded.program.hook.text)
        object.seconds("intervalSeconds", profile.interval)
        object.integer("runs", profile.runs)
        object.integer("runTimeNanoseconds", profile.time)
        object.number("runsPerSecond", runsPerSecond)
        if let nanosecondsPerRun {
            object.number("nanosecondsPerRun", nanosecondsPerRun)
        } else {
            object.null("nanosecondsPerRun")
        }
        object.number("cpuShare", share)
        object.strings("interfaces", interfaces)
        object.array("attachments", places) { place, item in place.fields(&item) }
    }

    private static func rounded(_ value: Double) -> String { "\(UInt64(value.rounded()))" }

    private static func tenths(_ value: Double) -> String {
        let tenths = UInt64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
