// SPDX-License-Identifier: Apache-2.0

import Dataplane
import Eligibility
import LinuxSystem
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
            var facts = try FactsGatherer(options: options).gather()
            facts.kubeProxy.iptablesChains = facts.kubeProxy.chains(knowingRemains: KubeProxyRemains.ofRules)
            return facts
        } catch {
            switch error {
            case .notPermitted(let missing): throw CommandError.missingCapabilities(missing)
            case .system(let error): throw CommandError.dataplane(.system(error))
            }
        }
    }
}

extension KubeProxyFacts {
    /// The chains that there are, told apart from those that no removal would take.
    ///
    /// - Parameter remains: asked only of a node where kube-proxy is gone and its chains are not.
    func chains(knowingRemains remains: () -> KubeProxyRemains?) -> Leftovers? {
        guard case .counted(let count) = iptablesChains, count > 0, processes == [], let remains = remains(),
            remains.parts.isEmpty, remains.unknown.isEmpty
        else { return iptablesChains }
        return .kept(count)
    }
}

extension KubeProxyRemains {
    /// What is in the tables of iptables; nil when the programs that list them take too long.
    fileprivate static func ofRules() -> KubeProxyRemains? {
        let deadline = Deadline(after: .seconds(5))
        let remains = KubeProxyRemains(listings: IptablesTool.all.map { ($0, $0.rules(until: deadline)) })
        return deadline.hasPassed ? nil : remains
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
