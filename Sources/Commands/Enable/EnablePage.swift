// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering
import Topology

/// What `enable` did, or would do.
struct EnablePage: Describable {
    let report: EnableReport
    let options: EnableOptions
    /// The words that led to them.
    let asked: Invocation
    let forwarding: ForwardingChoice
    let directory: String
    let isDryRun: Bool
    /// nil when kube-proxy's rules were to be left alone.
    var kubeProxy: KubeProxyHandOver?

    private var removed: [KubeProxyRemains.Part] { kubeProxy?.removed ?? [] }

    static var kind: String { "EnableReport" }

    var resourceName: String { directory }

    var outcome: Change.Outcome {
        guard report.isUpgrade else { return .created }
        return report.changes.allSatisfy(\.isEmpty) && removed.isEmpty ? .unchanged : .configured
    }

    private func interfaces(_ role: InterfaceRole) -> [InterfaceSelection.Choice] {
        report.selection.choices.filter { $0.role == role }
    }

    private var warnings: [String] {
        report.selection.warnings.map(text) + (forwarding.warning.map { [$0] } ?? []) + (kubeProxy?.warnings ?? [])
    }

    /// Of a workload that is an uplink too, why it is none.
    private func text(_ warning: TopologyWarning) -> String {
        guard case .idlePattern(let pattern) = warning,
            interfaces(.uplink).contains(where: { $0.link.name == pattern })
        else { return warning.message }
        return "\(warning.message): '\(pattern)' is an uplink"
    }

    /// The selection was made before the overlay's device.
    private var names: InterfaceNames {
        let overlay = [report.overlay.index: OverlayLink.name]
        return InterfaceNames(report.selection.choices.map(\.link), and: overlay)
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("Dataplane", "\(directory) \(outcome.rawValue)\(isDryRun ? " (dry run)" : "")")
        for role in [InterfaceRole.uplink, .workload] {
            page.entry(
                role == .uplink ? "Uplinks" : "Workloads",
                interfaces(role).map { "\($0.link.name): \($0.reason.text)" })
        }
        page.entry("Families", options.families.sorted().map { "\($0)" }.joined(separator: ", "))
        page.entry("Connect time", options.connectTime.rawValue)
        page.entry("Forwarding", "\(options.forwarding.rawValue): \(forwarding.reason)")
        page.entry("Return", options.returnPath.rawValue)
        page.entry("Overlay", report.overlay.text)
        page.entry("Attached by", report.mechanism.rawValue)
        page.entry("Changes", lines + removed.map(\.text))
        if let kubeProxy { page.entry("Kept rules", kubeProxy.keptLines) }
        page.entry("Warnings", warnings, .warning)
    }

    /// The command that asks for what is now, and for what was asked for before and has not been said again; nil when
    /// nothing was forgotten.
    func remembering(at location: DataplaneLocation) -> String? {
        for case .configured(let old, let new) in report.changes {
            let isTyped = { (option: String) in asked.flag(String(option.dropFirst(2))) }
            if let words = OptionChange.remembering(old, new, isTyped: isTyped) {
                return EnableAgain(words, at: location).line()
            }
        }
        return nil
    }

    /// One line per interface, map and so on, in the order in which the work began on each.
    private var lines: [String] {
        var order: [String] = []
        var programs: [String: [String]] = [:]
        for change in report.changes where !change.isEmpty {
            for phrase in change.phrases(names) {
                if programs[phrase.text] == nil { order.append(phrase.text) }
                programs[phrase.text, default: []] += phrase.program.map { [$0] } ?? []
            }
        }
        return order.map { text in
            let names = programs[text] ?? []
            return names.isEmpty ? text : "\(text): \(names.joined(separator: ", "))"
        }
    }

    /// What writes each of the changes.
    private var changes: [(inout ObjectWriter) -> Void] {
        let names = names
        let own = report.changes.filter { !$0.isEmpty }.map { change in
            { (item: inout ObjectWriter) in change.fields(&item, names) }
        }
        return own + removed.map { part in { (item: inout ObjectWriter) in part.fields(&item) } }
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("dataplane", directory)
        object.string("outcome", outcome.rawValue)
        object.bool("dryRun", isDryRun)
        object.array("interfaces", interfaces(.uplink) + interfaces(.workload)) { choice, item in
            item.string("name", choice.link.name)
            item.string("role", choice.role.rawValue)
            item.string("reason", choice.reason.text)
        }
        object.object("configuration") { asked.configurationFields(&$0) }
        object.strings("families", options.families.sorted().map { "\($0)" })
        object.string("connectTime", options.connectTime.rawValue)
        object.string("forwarding", options.forwarding.rawValue)
        object.string("forwardingReason", forwarding.reason)
        object.string("return", options.returnPath.rawValue)
        object.string("overlay", report.overlay.text)
        object.string("mechanism", report.mechanism.rawValue)
        object.array("changes", changes) { change, item in change(&item) }
        if let kubeProxy { object.object("kubeProxy") { kubeProxy.fields(&$0) } }
        object.strings("warnings", warnings)
    }
}

extension OverlayOutcome {
    var text: String {
        switch self {
        case .device(_, let port, let mtu): "\(OverlayLink.name), UDP port \(port), MTU \(mtu)"
        case .off: "off: asked for with --overlay-port 0"
        case .unsupported:
            "none: this kernel has no VXLAN, so what comes from outside reaches only this node's own backends"
        }
    }
}
