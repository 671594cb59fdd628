// SPDX-License-Identifier: Apache-2.0

/// What the facts about a node come to.
package struct Judgement: Hashable, Sendable {
    /// One for each ``CheckID``, in that order.
    package let checks: [Check]

    /// One for each ``Feature``, in that order.
    package let verdicts: [FeatureVerdict]

    /// `core`, and what was asked for besides.
    package let needed: Set<Feature>

    /// Whether every needed feature works, if only degraded.
    package var isEligible: Bool {
        verdicts.allSatisfy { !needed.contains($0.feature) || $0.verdict != .no }
    }

    package func verdict(of feature: Feature) -> Verdict {
        verdicts.first { $0.feature == feature }?.verdict ?? .no
    }
}

/// Judges the facts; asks the node nothing.
///
/// - Parameter required: features without which the node is not eligible, besides `core`.
/// - Parameter ignored: checks that are listed but left out of the verdicts.
package func judge(
    _ facts: Facts, requiring required: Set<Feature> = [], ignoring ignored: Set<CheckID> = []
) -> Judgement {
    let needed = required.union([.core])
    let findings = facts.findings
    let checks = CheckID.all.compactMap { id in
        findings.first { $0.id == id }.map { Check($0, needed: needed, isIgnored: ignored.contains(id)) }
    }
    let counted = checks.filter { !$0.isIgnored }
    let core = FeatureVerdict(.core, by: counted)
    let verdicts = Feature.allCases.map { feature in
        // Nothing works without the core, whatever else the kernel could do.
        core.verdict == .no
            ? FeatureVerdict(feature: feature, verdict: .no, decidedBy: core.decidedBy)
            : FeatureVerdict(feature, by: counted)
    }
    return Judgement(checks: checks, verdicts: verdicts, needed: needed)
}

extension FeatureVerdict {
    /// The worst that any check says.
    fileprivate init(_ feature: Feature, by checks: [Check]) {
        let verdict = checks.compactMap { $0.effects[feature] }.max() ?? .yes
        let deciding = verdict == .yes ? [] : checks.filter { $0.effects[feature] == verdict }.map(\.id)
        self.init(feature: feature, verdict: verdict, decidedBy: deciding)
    }
}

extension Facts {
    fileprivate var findings: [Finding] {
        kernelFindings + bpfFindings + mountFindings + programFindings + networkFindings + neighbourFindings
    }
}
