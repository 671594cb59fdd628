// SPDX-License-Identifier: Apache-2.0

internal import LinuxSystem

/// Runs the programs that list packet filter rules, where they are installed and where the kernel has any rules.
///
/// Nothing is run that would make the kernel load a packet filter it does not have yet.
struct FirewallTools {
    /// For each program.
    let patience: Duration

    private static let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"]

    /// The kernel knows more, but no forwarded packet of ours meets them.
    private static let families: Set<String> = ["ip", "ip6", "inet", "bridge"]

    private enum Failure: Error {
        case reason(UnknownReason)
    }

    func nftables() -> PacketFilter.Listing {
        guard NFTable.isAvailable else { return .chains([]) }
        do throws(Failure) {
            var chains = NftablesListing.chains(in: try output(of: "nft", ["list", "chains"]))
            for table in Self.forwardTables(chains) {
                let words = table.split(separator: " ").dropFirst().map(String.init)
                let text = try output(of: "nft", ["-t", "list", "table"] + words)
                chains = chains.filter { $0.table != table } + NftablesListing.chains(in: text)
            }
            return .chains(chains)
        } catch {
            guard case .reason(let reason) = error else { return .chains([]) }
            return .unknown(reason)
        }
    }

    private static func forwardTables(_ chains: [FilterChain]) -> [String] {
        let hooked = chains.filter { chain in
            let family = chain.table.split(separator: " ").dropFirst().first.map(String.init) ?? ""
            return chain.hook == "forward" && !chain.isOfKubeProxy && families.contains(family)
        }
        return Set(hooked.map(\.table)).sorted()
    }

    func legacy() -> PacketFilter.Listing {
        do throws(Failure) {
            return .chains(try legacy("iptables", "ip_tables_names") + legacy("ip6tables", "ip6_tables_names"))
        } catch {
            guard case .reason(let reason) = error else { return .chains([]) }
            return .unknown(reason)
        }
    }

    /// - Parameter names: the file below `/proc/net` in which the kernel lists the tables that are in use.
    private func legacy(_ tool: String, _ names: String) throws(Failure) -> [FilterChain] {
        let text = (try? Filesystem.readText("/proc/net/\(names)")) ?? ""
        let tables = Set(text.split(separator: "\n").map(String.init)).intersection(["filter", "nat"]).sorted()
        if tables.isEmpty { return [] }
        guard let path = Self.find("\(tool)-legacy-save") ?? Self.find("\(tool)-save"), Self.isLegacy(path) else {
            throw .reason(.noProgram("\(tool)-legacy-save"))
        }
        var chains: [FilterChain] = []
        for table in tables {
            // All chains are named before the first rule, and in `nat` only the names matter.
            let text = try output(of: path, ["-t", table], mayBeCut: table == "nat")
            chains += IptablesListing.chains(in: text, tool: tool)
        }
        return chains
    }

    private func output(
        of program: String, _ arguments: [String], mayBeCut: Bool = false
    ) throws(Failure) -> String {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        guard let path = program.hasPrefix("/") ? program : Self.find(program) else {
            throw .reason(.noProgram(name))
        }
        guard
            let result = try? Command(path, arguments).run(limit: 4 << 20, until: Deadline(after: patience)),
            mayBeCut || (result.status.isSuccess && !result.isTruncated)
        else { throw .reason(.programFailed(name)) }
        return result.text
    }

    static func find(_ program: String) -> String? {
        directories.map { "\($0)/\(program)" }.first(where: Filesystem.exists)
    }

    /// The program that writes to nftables has the same names, but is another file.
    static func isLegacy(_ path: String) -> Bool {
        (try? Filesystem.resolve(path))?.hasSuffix("xtables-nft-multi") == false
    }
}
