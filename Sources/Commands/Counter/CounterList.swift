// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Rendering

package enum CounterList: Command {
    package static let spec = CommandSpec(
        noun: "counter", verb: "list", aliases: ["dump"], "Show what became of packets and socket calls",
        details: [
            """
            Each packet that a program sees, and each socket call, is counted once under the reason it left the \
            program for. Reasons of outcome 'error' should stay at zero. Socket calls count as packets of no bytes.
            """,
            Watch.details,
        ],
        options: Watch.options,
        examples: [
            Example("ebpfctl counter list", "All reasons, with those that never occurred"),
            Example("ebpfctl counter list -o json", "With the meaning of each reason, as 'counter explain' has it"),
            Example("ebpfctl counter list --watch", "Packets a second, the most frequent reasons first"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        if let interval = try context.watchInterval() {
            var meter = CounterMeter()
            return try context.watch(every: interval) { _ in WatchSample(meter.rows(try context.reading().counters())) }
        }
        try context.renderer.list(try context.reading().counters().map(CounterRow.init))
        return .success
    }
}

/// One reason and how often it was counted.
struct CounterRow: Presentable {
    let reading: CounterReading

    static var kind: String { "Counter" }

    static var columns: [Column] {
        [Column("REASON"), Column("OUTCOME"), Column("PACKETS", .right), Column("BYTES", .right)]
    }

    var resourceName: String { reading.reason.name }

    var tone: Tone {
        if reading.packets == 0 { return .dim }
        return reading.reason.outcome == .error ? .bad : .plain
    }

    func cells(_ row: inout RowWriter) {
        row.cell(reading.reason.name, tone)
        row.cell(reading.reason.outcome.rawValue, tone)
        row.cell(reading.packets, tone)
        row.cell(reading.bytes, tone)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("reason", reading.reason.name)
        object.string("outcome", reading.reason.outcome.rawValue)
        object.string("meaning", reading.reason.caption)
        object.integer("packets", reading.packets)
        object.integer("bytes", reading.bytes)
    }
}
