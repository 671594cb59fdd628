// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Eligibility
import LinuxSystem
import Rendering

package enum EnableCommand: Command {
    package static let spec = CommandSpec(
        verb: "enable", "Put the dataplane on this node, or bring it up to date",
        details: [
            """
            Checks the node, loads every program, finds uplinks, workloads and routes, attaches, and records what it \
            was asked for; a failure on the way takes everything back. Run again it changes only what differs, \
            without a gap in the traffic, and says what that was: with -q nothing where nothing differs.
            """,
            """
            Forwarding 'direct' lets translated packets bypass the host stack; 'stack' keeps them in view of the \
            node's packet filter. 'auto' chooses 'direct' unless that filter refuses forwarded packets.
            """,
            """
            A request that comes in on a node without the backend crosses to the backend's node through a VXLAN device \
            named 'ebpfctl'. Replies return the same way ('tunnel') or leave the backend's node directly ('dsr'). Port \
            and return path must be the same on all nodes.
            """,
            """
            Options may be kept in a file for --config, a key for each: 'uplink: [eth0, eth1]', 'return: dsr', \
            'map-size: {connections: 500000}'. What is typed wins over the file. What -o yaml prints has these keys \
            under 'configuration', and --config reads that document, too.
            """,
            """
            With '--kube-proxy remove', what a kube-proxy that was stopped has left on this node goes once the \
            dataplane is up: its chains in both kinds of iptables, its nftables tables, and its device and virtual \
            servers of IPVS. Rules of others stay as they are, and so does a chain of kube-proxy that one of them \
            leads to. It is refused while kube-proxy runs, which would write its rules again, and while the dataplane \
            has no services. It is no option of the dataplane: no file holds it, and the next 'enable' does not know \
            of it. docs/kubernetes.md has the whole way from kube-proxy and back.
            """,
        ],
        options: EnableWords.options,
        examples: [
            Example("ebpfctl enable", "On a plain node nothing more is needed"),
            Example("ebpfctl enable --uplink bond0 --workload cali*", "Say which interfaces lead where"),
            Example("ebpfctl enable --config node.yaml --return dsr", "Options from a file, and one more"),
            Example("ebpfctl enable --dry-run", "Print the plan"),
            Example("ebpfctl enable --kube-proxy remove", "Once services are in, clean up after a stopped kube-proxy"),
        ],
        requirements: [Requirement.root, "The node passes 'ebpfctl check'"],
        exitCodes: ExitMeaning.standard([
            .failure: "a step failed, and all was taken back; or something of kube-proxy is left, and all else done",
            .notFound: "no such interface",
            .notSupported:
                "the node lacks what was asked, or kube-proxy's rules must not go yet: the message says why",
        ]), mutates: true)

    package static func run(_ given: CommandContext) throws -> ExitCode {
        let context = try given.addingConfiguration()
        var options = try EnableWords.options(of: context)
        try context.require(Privilege.node)
        let facts = try EligibilityQuestion.facts(context, for: options, tryingPrograms: false)
        let needed = EnableWords.features(of: options, context)
        let judgement = judge(facts, requiring: needed)
        guard judgement.isEligible else {
            throw CommandError.notEligible(judgement.failures)
        }
        if options.families.count == 2, judgement.verdict(of: .ipv6) == .no {
            options.families = [.v4]
            context.remark("IPv4 only: \(judgement.reason(for: .ipv6))")
        }
        let forwarding = ForwardingChoice(context.invocation.value("forwarding"), facts.forwardPolicy)
        options.forwarding = forwarding.mode
        options.choosesForwarding = forwarding.isChosen
        let handOver = try KubeProxyHandOver(context, facts)
        var page = try enable(context, options, forwarding)
        page.kubeProxy = handOver.map { $0.carriedOut(context) }
        if page.report.overlay == .unsupported { context.note("overlay \(page.report.overlay.text)") }
        if !context.isQuiet || page.outcome != .unchanged { try context.renderer.page(page) }
        if let line = page.remembering(at: context.location) {
            context.note("options that were not given again have their defaults; to keep what they were: \(line)")
        }
        try page.kubeProxy?.conclude(context)
        return .success
    }

    /// Runs the transaction; Ctrl-C ends it like a failure, so that it is taken back.
    private static func enable(
        _ context: CommandContext, _ options: EnableOptions, _ forwarding: ForwardingChoice
    ) throws -> EnablePage {
        let signals = try SignalWatcher()
        func willPerform(_ step: EnableStep) throws(DataplaneError) {
            if context.isVerbose { context.note(step.text) }
            let signal: Int32?
            do { signal = try signals.next() } catch { throw .system(error) }
            if signal != nil { throw .system(.interruption) }
        }
        do {
            return try withoutActuallyEscaping(willPerform) { willPerform in
                let enable = try Enable(
                    at: context.location, options: options, toolVersion: Version.current, willPerform: willPerform)
                let report = try enable.run(isDryRun: context.isDryRun, lockedUntil: context.deadline)
                return EnablePage(
                    report: report, options: options, asked: context.invocation, forwarding: forwarding,
                    directory: PinDirectory.live(on: context.location.bpffs).path, isDryRun: context.isDryRun)
            }
        } catch DataplaneError.system(.interruption) {
            throw CommandError.interrupted
        }
    }
}

extension SystemError {
    /// What a step of a transaction fails with when a signal has arrived.
    fileprivate static let interruption = SystemError(.watchSignals, "enable", .interrupted)
}

/// How translated packets are to travel, and why.
struct ForwardingChoice {
    let mode: EnableOptions.Forwarding
    /// Nobody asked for it by name.
    let isChosen: Bool
    let reason: String
    /// What the choice does against the node's packet filter.
    let warning: String?

    /// - Parameter word: the value of `--forwarding`; nil and `auto` leave the choice to the policy.
    init(_ word: String?, _ policy: ForwardPolicy) {
        if let word, let mode = EnableOptions.Forwarding(rawValue: word) {
            self.mode = mode
            isChosen = false
            reason = "asked for with --forwarding"
            warning =
                if mode == .direct, case .enforced = policy {
                    "--forwarding direct bypasses the filter of forwarded packets: \(policy.text)"
                } else { nil }
            return
        }
        (isChosen, warning) = (true, nil)
        switch policy {
        case .none: (mode, reason) = (.direct, "nothing on this node filters forwarded packets")
        case .enforced(let chains):
            (mode, reason) = (.stack, "forwarded packets are filtered by \(chains.joined(separator: ", "))")
        case .unknown(.noProgram(let program)):
            (mode, reason) = (.stack, "the packet filter cannot be read without '\(program)'")
        case .unknown(.programFailed(let program)):
            (mode, reason) = (.stack, "the packet filter cannot be read: '\(program)' failed")
        }
    }
}
