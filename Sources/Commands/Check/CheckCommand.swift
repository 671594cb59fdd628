// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import DataplaneModel
import Eligibility
import Rendering

package enum CheckCommand: Command {
    package static let spec = CommandSpec(
        verb: "check", "Find out what this node can run, and change nothing",
        details: [
            """
            Facts are found by trying: every embedded program goes through the verifier, a program is attached to the \
            cgroup for an instant. Each check says what was found, what is needed and what would put it right.
            """,
            "A feature that is not required may be lost without making the node ineligible.",
        ],
        options: [
            OptionSpec(
                "require", value: ValueSpec("FEATURE", .enumeration(Feature.allCases.map(\.rawValue))),
                isRepeatable: true, "Feature without which the node is not eligible, besides core"),
            OptionSpec(
                "ignore", value: ValueSpec("ID", .suggestions(CheckID.all.map(\.text))), isRepeatable: true,
                "Check to leave out of the verdicts"),
        ],
        examples: [
            Example("ebpfctl check", "Everything, for people"),
            Example(
                "ebpfctl check --require ipv6 --require tcx -q", "Only the exit code, and the names of failed checks"),
            Example("ebpfctl check -o json", "A verdict per feature, for programs"),
        ],
        requirements: [Requirement.programs],
        exitCodes: ExitMeaning.standard([
            .success: "eligible, perhaps with warnings", .notSupported: "not eligible: the failed checks say why",
        ]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let required = context.invocation.values("require").compactMap(Feature.init(rawValue:))
        let ignored = try context.invocation.options("ignore") { text in
            guard let id = CheckID(text) else { throw UnknownCheck(text: text) }
            return id
        }
        try context.require(Privilege.programs)
        let facts = try EligibilityQuestion.facts(context)
        let judgement = judge(facts, requiring: Set(required), ignoring: Set(ignored))
        if context.renderer.options.effectiveFormat == .name {
            for failure in judgement.failures { try context.renderer.line(failure.id) }
        } else {
            try context.renderer.page(CheckPage(judgement: judgement))
        }
        return judgement.isEligible ? .success : .notSupported
    }
}

/// `--ignore` with a word that names no check.
struct UnknownCheck: ModelError {
    let text: String

    var message: String { "no check is called \(quoted(text)): 'ebpfctl check' lists them" }
}
