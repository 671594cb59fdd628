// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Kubernetes
import LinuxSystem

/// The options of `service apply` and `service export` that concern Kubernetes objects only.
enum ObjectOptions {
    static let node = OptionSpec(
        "node", value: ValueSpec("NAME"), "Which Node object is this node (default: the one named like the host)")
    static let allowExternalIPs = OptionSpec(
        "allow-external-ips", value: ValueSpec("CIDR"), isRepeatable: true,
        "Serve externalIPs in this block; by default none (CVE-2020-8554)")

    /// Which node the command line, or else the machine, says this is.
    static func nodeChoice(_ invocation: Invocation) -> TranslationOptions.NodeChoice {
        if let name = invocation.value(node.name) { return .name(name) }
        return .hostName((try? Sysctl.read("kernel/hostname")) ?? "localhost")
    }

    /// The same option where it names the node that the objects shall speak of.
    static func node(requires other: OptionSpec) -> OptionSpec {
        OptionSpec(
            node.name, value: node.value, requires: [other.name],
            "The node that local backends are on (default: the host's name)")
    }

    static func nodeName(_ invocation: Invocation) -> String {
        switch nodeChoice(invocation) {
        case .name(let name), .hostName(let name): name
        }
    }

    static func translation(_ invocation: Invocation) throws -> TranslationOptions {
        TranslationOptions(
            node: nodeChoice(invocation),
            allowedExternalIPs: try invocation.options(allowExternalIPs.name) { try Prefix($0) })
    }

    /// The first of them that is given, for input that it means nothing to.
    static func given(_ invocation: Invocation) -> OptionSpec? {
        [node, allowExternalIPs].first { !invocation.values($0.name).isEmpty }
    }
}
