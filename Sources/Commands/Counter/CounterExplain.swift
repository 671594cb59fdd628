// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum CounterExplain: Command {
    package static let spec = CommandSpec(
        noun: "counter", verb: "explain", "Say what the reasons mean that 'counter list' and 'trace' name",
        details: ["Needs no dataplane: the reasons are those of this version."],
        arguments: [
            ArgumentSpec(
                ValueSpec("REASON", .suggestions(CounterReason.allCases.map(\.name))), arity: .any,
                "Reasons to explain, by default all")
        ],
        examples: [
            Example("ebpfctl counter explain", "All reasons"),
            Example("ebpfctl counter explain no-way table-full", "Two of them"),
        ],
        exitCodes: ExitMeaning.informational)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let named = try context.invocation.arguments("REASON") { try CounterReason(named: $0) }
        try context.renderer.page(CounterMeanings(reasons: named.isEmpty ? CounterReason.allCases : named))
        return .success
    }
}

/// What reasons mean, a line each.
struct CounterMeanings: Describable {
    let reasons: [CounterReason]

    static var kind: String { "CounterMeanings" }

    var resourceName: String { reasons.map(\.name).joined(separator: "\n") }

    func describe(_ page: inout DescriptionList) {
        for reason in reasons { page.entry(reason.name, "\(reason.outcome.rawValue): \(reason.caption)") }
    }

    func fields(_ object: inout ObjectWriter) {
        object.array("items", reasons) { reason, item in
            item.string("reason", reason.name)
            item.string("outcome", reason.outcome.rawValue)
            item.string("meaning", reason.caption)
        }
    }
}
