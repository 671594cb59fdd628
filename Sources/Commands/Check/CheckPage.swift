// SPDX-License-Identifier: Apache-2.0

import Eligibility
import Rendering

/// What the node can run, and every check behind it.
struct CheckPage: Describable {
    let judgement: Judgement

    static var kind: String { "Eligibility" }

    var resourceName: String { judgement.isEligible ? "eligible" : "not-eligible" }

    func describe(_ page: inout DescriptionList) {
        page.section("Checks") { section in
            for check in judgement.checks {
                section.entry(check.id.text, check.lines, check.tone)
            }
        }
        page.section("Features") { section in
            for verdict in judgement.verdicts {
                let why = verdict.decidedBy.map(\.text).joined(separator: ", ")
                section.entry(
                    verdict.feature.rawValue, verdict.verdict.rawValue + (why.isEmpty ? "" : " (\(why))"),
                    verdict.verdict.tone)
            }
        }
        page.entry("Eligible", judgement.isEligible ? "yes" : "no", judgement.isEligible ? .good : .bad)
    }

    func fields(_ object: inout ObjectWriter) {
        object.bool("eligible", judgement.isEligible)
        object.strings("needed", judgement.needed.map(\.rawValue).sorted())
        object.array("features", judgement.verdicts) { verdict, item in
            item.string("name", verdict.feature.rawValue)
            item.string("verdict", verdict.verdict.rawValue)
            item.strings("decidedBy", verdict.decidedBy.map(\.text))
        }
        object.array("checks", judgement.checks) { check, item in
            item.string("id", check.id.text)
            item.string("status", check.status.rawValue)
            item.string("found", check.found)
            item.string("required", check.required)
            item.string("hint", check.hint)
            item.strings("detail", check.detail)
            item.strings("features", check.features.map(\.rawValue))
            item.bool("ignored", check.isIgnored)
        }
    }
}

extension Check {
    /// What is found; for a check that does not pass also what is needed and what to do.
    fileprivate var lines: [String] {
        let first = "\(isIgnored ? "ignored, " : "")\(status.rawValue): \(found)"
        guard status != .pass else { return [first] }
        return [first] + detail + ["needed: \(required)"] + (hint.map { ["hint: \($0)"] } ?? [])
    }

    fileprivate var tone: Tone {
        switch status {
        case .pass: .plain
        case .warn, .skip: .warning
        case .fail: .bad
        }
    }
}

extension Verdict {
    fileprivate var tone: Tone {
        switch self {
        case .yes: .good
        case .degraded: .warning
        case .no: .bad
        }
    }
}
