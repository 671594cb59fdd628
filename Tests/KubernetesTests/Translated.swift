// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Kubernetes
import Testing
import YAML

/// The objects of a manifest.
func objects(_ manifest: String) throws -> ObjectSet {
    var reader = ObjectReader()
    try reader.read("manifest", bytes: Array(manifest.utf8))
    return reader.objects
}

/// What node `n1` makes of manifests that follow one another.
func translated(_ manifests: String..., node: String = "n1", allowed: [String] = []) throws -> DesiredState {
    try objects(manifests.joined(separator: "\n---\n")).desiredState(
        TranslationOptions(node: .name(node), allowedExternalIPs: allowed.map { try Prefix($0) }))
}

/// The message of the refusal of a manifest.
func refusal(_ manifest: String, limits: ObjectLimits = ObjectLimits()) -> String? {
    refusal(Array(manifest.utf8), limits: limits)
}

func refusal(_ bytes: [UInt8], limits: ObjectLimits = ObjectLimits()) -> String? {
    var reader = ObjectReader(limits: limits)
    do {
        try reader.read("m.yaml", bytes: bytes)
        return nil
    } catch .refused(let error) {
        return error.message
    } catch {
        return "\(error)"
    }
}

extension DesiredState {
    /// The state in lines, for comparing with what is written down.
    var golden: String {
        let lines =
            services.map(\.golden) + routes.map(\.golden)
            + healthChecks.map { "health \($0.service) port \($0.port): \($0.localEndpoints) local" }
            + notes.map { "note: \($0.message)" }
        return lines.joined(separator: "\n")
    }
}

extension Service {
    fileprivate var golden: String {
        var lines = ["service \(name)"]
        lines += frontends.map { "  \($0.kind.rawValue) \($0)" }
        lines += backends.map { "  backend \($0)" + ($0.state == .draining ? " draining" : "") }
        if let affinity { lines.append("  affinity \(affinity.components.seconds)s") }
        if externalPolicy == .local { lines.append("  external policy local") }
        if internalPolicy == .local { lines.append("  internal policy local") }
        lines += sourceRanges.map { "  source range \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension NodeRoute {
    var golden: String {
        switch place {
        case .here: "route \(prefix) \(role.rawValue) here"
        case .node(let name, let address): "route \(prefix) \(role.rawValue) on \(name) via \(address)"
        }
    }
}
