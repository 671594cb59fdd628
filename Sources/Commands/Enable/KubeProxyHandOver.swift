// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Eligibility
import LinuxSystem
import Rendering

/// `enable --kube-proxy remove`: what is found before anything is changed, and taken away when the dataplane is there.
struct KubeProxyHandOver {
    static let option = OptionSpec(
        "kube-proxy", value: ValueSpec("WHAT", .enumeration(["keep", "remove"]), default: "keep"),
        "What becomes of a stopped kube-proxy's own rules")

    enum Refusal {
        /// kube-proxy runs, or cannot be looked for: it would write its rules again.
        case running(FailedCheck)
        /// What would go serves, and nothing would in its place.
        case nothingServed

        fileprivate var error: CommandError {
            switch self {
            case .running(let check): .notEligible([check])
            case .nothingServed: .nothingServed
            }
        }
    }

    struct Failure {
        let part: KubeProxyRemains.Part
        let reason: IptablesTool.Failure
    }

    let remains: KubeProxyRemains
    /// Those parts that went, or in a dry run would go.
    private(set) var removed: [KubeProxyRemains.Part] = []
    private(set) var failures: [Failure] = []
    /// Why nothing may go yet; only a dry run has one and goes on.
    var refusal: Refusal?

    /// For each look at rules and each change of a table: a hundred thousand of them take a while.
    private static let patience = Duration.seconds(300)

    init(_ remains: KubeProxyRemains) {
        self.remains = remains
    }

    /// Looks at the node; nil unless asked to remove.
    ///
    /// - Throws: a ``CommandError`` for the refusal, unless this is a dry run.
    init?(_ context: CommandContext, _ facts: Facts) throws {
        guard context.invocation.value(Self.option.name) == "remove" else { return nil }
        refusal = Self.obstacle(facts.kubeProxy.processes).map { .running($0) }
        if let refusal, !context.isDryRun { throw refusal.error }
        remains = try KubeProxyRemains.found(until: Deadline(after: Self.patience))
        guard refusal == nil, !remains.parts.isEmpty, Self.lacksServices(context) else { return }
        refusal = .nothingServed
        if !context.isDryRun { throw CommandError.nothingServed }
    }

    /// - Parameter processes: running ones; nil when they cannot be told.
    static func obstacle(_ processes: [String]?) -> FailedCheck? {
        if let processes, processes.isEmpty { return nil }
        return FailedCheck(
            id: CheckID.kubeProxyProcess.text, found: processes?.joined(separator: ", ") ?? "unknown",
            required: "none for '--kube-proxy remove'",
            hint: "stop kube-proxy on this node first, or leave its rules with '--kube-proxy keep'")
    }

    /// Takes all parts away, each by itself: what one of them refuses does not keep the others. A dry run only looks.
    func carriedOut(_ context: CommandContext) -> KubeProxyHandOver {
        var result = self
        for part in remains.parts {
            do throws(IptablesTool.Failure) {
                if !context.isDryRun { try part.remove(until: Deadline(after: Self.patience)) }
                result.removed.append(part)
            } catch {
                result.failures.append(Failure(part: part, reason: error))
            }
        }
        return result
    }

    /// So does a dataplane that is not there yet.
    private static func lacksServices(_ context: CommandContext) -> Bool {
        guard let services = try? Dataplane(at: context.location, .reading).services().services() else { return true }
        return services.isEmpty
    }

    /// Tells what the page does not: that there was nothing, and what failed.
    func conclude(_ context: CommandContext) throws(CommandError) {
        if remains == KubeProxyRemains() { context.note("nothing of kube-proxy is on this node") }
        if !context.isDryRun, !problems.isEmpty { throw .kubeProxyLeft(problems) }
    }
}
