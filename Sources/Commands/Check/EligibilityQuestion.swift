// SPDX-License-Identifier: Apache-2.0

import Dataplane
import Eligibility
import Topology

/// Asking the node what it can do, for `check` and `enable`.
enum EligibilityQuestion {
    /// - Parameter tryingPrograms: whether the programs are passed through the verifier, which `enable` does anyway.
    /// - Throws: ``CommandError/missingCapabilities(_:)`` before anything is tried.
    static func facts(
        _ context: CommandContext, for wanted: EnableOptions = EnableOptions(), tryingPrograms: Bool = true
    ) throws -> Facts {
        let options = FactsGatherer.Options(
            bpffs: context.location.bpffs, cgroup: context.location.cgroup, interfaces: wanted.interfaceOptions,
            overlayPort: wanted.overlayPort,
            constants: tryingPrograms ? ProgramConstants.ofEnable : nil)
        do throws(EligibilityError) {
            return try FactsGatherer(options: options).gather()
        } catch {
            switch error {
            case .notPermitted(let missing): throw CommandError.missingCapabilities(missing)
            case .system(let error): throw CommandError.dataplane(.system(error))
            }
        }
    }
}

extension Judgement {
    /// The checks that make the node ineligible.
    var failures: [FailedCheck] {
        checks.filter { $0.status == .fail && !$0.isIgnored }.map {
            FailedCheck(id: $0.id.text, found: $0.found, required: $0.required, hint: $0.hint)
        }
    }

    /// Why a feature is lost: `check 'net.ipv6' found disabled`.
    func reason(for feature: Feature) -> String {
        let deciding = verdicts.first { $0.feature == feature }?.decidedBy ?? []
        return checks.filter { deciding.contains($0.id) }.map { "check '\($0.id)' found \($0.found)" }
            .joined(separator: ", ")
    }
}
