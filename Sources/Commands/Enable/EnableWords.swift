// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Eligibility

/// The options of `enable`: their specs, and what they mean.
enum EnableWords {
    static let options = [
        EnableConfiguration.option,
        OptionSpec(
            "uplink", value: ValueSpec("IF", .live(["interface", "list", "-q"]), default: "default routes"),
            isRepeatable: true, "Interface that leads to other nodes and clients"),
        OptionSpec(
            "workload", value: ValueSpec("PATTERN", default: "veths into other namespaces"), isRepeatable: true,
            "Shell pattern for the interfaces that lead to pods"),
        OptionSpec(
            "node-address", value: ValueSpec("ADDR", default: "of the uplinks"), isRepeatable: true,
            "Address at which other nodes reach this one"),
        OptionSpec(
            "node-port-range",
            value: ValueSpec("A-B", default: "\(PortRange(EnableOptions.defaultNodePortRange))"),
            "Ports that services may use as node ports"),
        OptionSpec(
            "source-port-range",
            value: ValueSpec("A-B", default: "\(PortRange(EnableOptions.defaultReplacementPorts))"),
            "Ports that stand in for a client's own when that is taken at the backend"),
        OptionSpec(
            "connect-time",
            value: ValueSpec(
                "WHICH", .enumeration(EnableOptions.ConnectTime.allCases.map(\.rawValue)), default: "all"),
            "Balance sockets as they connect"),
        OptionSpec(
            "forwarding",
            value: ValueSpec(
                "MODE", .enumeration(["auto"] + EnableOptions.Forwarding.allCases.map(\.rawValue)), default: "auto"),
            "How translated packets travel"),
        OptionSpec(
            "return",
            value: ValueSpec(
                "PATH", .enumeration(EnableOptions.ReturnPath.allCases.map(\.rawValue)), default: "tunnel"),
            "How replies from another node's backend return"),
        OptionSpec(
            "no-dsr", value: ValueSpec("CIDR"), isRepeatable: true, "Clients whose replies always return by the tunnel"),
        OptionSpec(
            "overlay-port", value: ValueSpec("N", default: "\(EnableOptions.defaultOverlayPort)"),
            "UDP port of the tunnel between nodes; 0 for none"),
        OptionSpec(
            "source-check",
            value: ValueSpec("MODE", .enumeration(EnableOptions.SourceCheck.allCases.map(\.rawValue)), default: "off"),
            "Drop what a workload sends from another's address"),
        OptionSpec(
            "map-size", value: ValueSpec("NAME=N"), isRepeatable: true,
            "Room in a map, such as connections=500000"),
        KubeProxyHandOver.option,
        DryRun.option,
    ]

    /// Those that belong to one run of `enable` and say nothing about the dataplane: no file for `--config` has them.
    static let transient: Set<String> = [
        EnableConfiguration.option.name, KubeProxyHandOver.option.name, DryRun.option.name,
    ]

    /// What the words ask for; `--forwarding auto` is left to ``ForwardingChoice``.
    static func options(of context: CommandContext) throws -> EnableOptions {
        let words = context.invocation
        var options = EnableOptions()
        options.uplinks = try words.options("uplink") { try InterfaceReference($0).name ?? "" }
        options.workloads = words.values("workload")
        options.nodeAddresses = try words.options("node-address") { try IPAddress($0) }
        options.families = context.families
        options.connectTime = words.value("connect-time").flatMap(EnableOptions.ConnectTime.init(rawValue:)) ?? .all
        options.returnPath = words.value("return").flatMap(EnableOptions.ReturnPath.init(rawValue:)) ?? .tunnel
        options.noDSR = try words.options("no-dsr") { try Prefix($0) }
        if let port = try words.option("overlay-port", read: { try Int(text: $0, in: 0...65535) }) {
            options.overlayPort = UInt16(port)
        }
        if let range = try words.option("node-port-range", read: { try PortRange($0) }) {
            options.nodePortRange = range.first...range.last
        }
        if let range = try words.option("source-port-range", read: { try PortRange($0) }) {
            options.replacementPorts = range.first...range.last
        }
        options.sourceCheck = words.value("source-check").flatMap(EnableOptions.SourceCheck.init(rawValue:)) ?? .off
        let sizes = try words.options("map-size", read: mapSize)
        options.mapSizes = Dictionary(sizes) { _, last in last }
        return options
    }

    private static func mapSize(_ text: String) throws -> (String, UInt32) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { throw NumberError.malformedSize(text) }
        guard EnableOptions.isMapSizeName(parts[0]) else { throw NumberError.unknownMap(parts[0]) }
        return (parts[0], UInt32(try Int(text: parts[1], in: 1...(1 << 28))))
    }

    /// What `--map-size` takes, without those of single families.
    static let mapSizeNames: [String] = {
        let names = MapName.all.map(\.description).map { name in
            name.hasSuffix("_v4") || name.hasSuffix("_v6") ? String(name.dropLast(3)) : name
        }
        var seen: Set<String> = []
        return names.filter { EnableOptions.isMapSizeName($0) && seen.insert($0).inserted }
    }()

    /// What the node must be able to do; IPv6 only when it was asked for by itself.
    static func features(of options: EnableOptions, _ context: CommandContext) -> Set<Feature> {
        var needed: Set<Feature> = [.core]
        if options.connectTime != .off { needed.insert(.connectTime) }
        if context.families == [.v6] { needed.insert(.ipv6) }
        return needed
    }
}
