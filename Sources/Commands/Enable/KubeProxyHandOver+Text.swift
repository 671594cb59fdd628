// SPDX-License-Identifier: Apache-2.0

import Eligibility
import Kubernetes
import LinuxSystem
import Rendering

extension KubeProxyHandOver {
    /// What stays although it looks like kube-proxy's, and why: one line for each rule of somebody else.
    var keptLines: [String] {
        var lines: [String] = []
        var followers: [(place: String, chains: [String])] = []
        for kept in remains.kept {
            switch kept {
            case .server(let server):
                lines.append("IPVS server \(server): its address is not on \(KubeProxyRules.ipvsDevice)")
            case .chain(let tool, let table, let chain):
                let place = "\(tool.name), table \(table)"
                guard let rule = chain.rule else {
                    if followers.last?.place != place { followers.append((place, [])) }
                    followers[followers.count - 1].chains.append(chain.chain)
                    continue
                }
                lines.append("\(place): \(chain.chain), where a rule of somebody else leads: \(rule)")
            }
        }
        return lines
            + followers.map { place, chains in
                let names = chains.prefix(3).joined(separator: ", ")
                let more = chains.count > 3 ? " and \(chains.count - 3) more" : ""
                return "\(place): \(names)\(more), which a chain that stays needs"
            }
    }

    /// What cannot be known, and in a dry run that the plan would be refused.
    var warnings: [String] {
        remains.unknown.map { "\($0.text), so kube-proxy's may be left" }
            + (refusal.map { ["refused without '--dry-run': \($0.text)"] } ?? [])
    }

    /// For each part that could not be removed, or looked at, why.
    var problems: [String] { failures.map { "\($0.part.place): \($0.reason.text)" } + remains.unknown.map(\.text) }

    /// What is not in the list of changes.
    func fields(_ object: inout ObjectWriter) {
        object.array("kept", remains.kept) { kept, item in kept.fields(&item) }
        object.strings("failures", problems)
    }
}

extension KubeProxyHandOver.Refusal {
    fileprivate var text: String {
        switch self {
        case .running(let check): "check '\(check.id)' found \(check.found)"
        case .nothingServed: "nobody would serve what kube-proxy's rules do"
        }
    }
}

extension KubeProxyRemains.Part {
    /// `removed kube-proxy's rules from iptables-nft, table nat: 123 chains, 4 jumps`.
    var text: String {
        switch self {
        case .rules(let tool, let table):
            "removed kube-proxy's rules from \(tool.name), table \(table.name): "
                + "\(counted(table.chains.count, "chain")), \(counted(table.jumps.count, "jump"))"
        case .table(let table):
            "removed kube-proxy's nftables table '\(table.title)': \(counted(table.chains.count, "chain"))"
        case .servers(let servers): "removed kube-proxy's IPVS servers: \(servers.count)"
        case .device: "removed kube-proxy's device \(KubeProxyRules.ipvsDevice)"
        }
    }

    /// What and where it is, in a line about its failure.
    var place: String {
        switch self {
        case .rules(let tool, let table): "\(tool.name), table \(table.name)"
        case .table(let table): "nftables table '\(table.title)'"
        case .servers: "IPVS servers"
        case .device: "device \(KubeProxyRules.ipvsDevice)"
        }
    }

    func fields(_ item: inout ObjectWriter) {
        item.string("action", "kube-proxy-removed")
        switch self {
        case .rules(let tool, let table):
            item.string("tool", tool.name)
            item.string("table", table.name)
            item.strings("chains", table.chains)
            item.strings("jumps", table.jumps)
        case .table(let table):
            item.string("tool", "nftables")
            item.string("table", table.title)
            item.strings("chains", table.chains)
        case .servers(let servers): item.strings("servers", servers.map(\.description))
        case .device: item.string("interface", KubeProxyRules.ipvsDevice)
        }
    }
}

extension KubeProxyRemains.Kept {
    fileprivate func fields(_ item: inout ObjectWriter) {
        switch self {
        case .server(let server):
            item.string("server", server.description)
            item.string("reason", "other-address")
        case .chain(let tool, let table, let kept):
            item.string("tool", tool.name)
            item.string("table", table)
            item.string("chain", kept.chain)
            item.string("rule", kept.rule)
            item.string("reason", kept.rule == nil ? "kept-chain-needs-it" : "foreign-rule-leads-here")
        }
    }
}

extension KubeProxyRemains.Unknown {
    fileprivate var text: String {
        switch self {
        case .rules(let tool, .noProgram(let program)):
            "\(tool.name): the rules cannot be read without '\(program)'"
        case .rules(let tool, .programFailed(let program)):
            "\(tool.name): the rules cannot be read: '\(program)' failed"
        case .table(let tool, let table): "\(tool.name), table \(table): the rules are not iptables' own"
        }
    }
}

extension IptablesTool.Failure {
    fileprivate var text: String {
        switch self {
        case .noProgram(let program): "there is no '\(program)'"
        case .timedOut(let program): "'\(program)' took too long (ETIMEDOUT)"
        case .failed(let program, let said): "'\(program)' failed\(said.isEmpty ? "" : ": \(said)")"
        case .system(let error): "\(error) (\(error.errno.name))"
        }
    }
}

private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
