// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel
package import LinuxSystem

/// One back-end of iptables for one address family: the programs that print and change its rules, where installed.
///
/// All of it is about this process's network namespace.
package struct IptablesTool: Equatable, Sendable {
    package enum Backend: String, Sendable, CaseIterable {
        /// The kernel's nf_tables.
        case nft
        /// The kernel's ip_tables and ip6_tables.
        case legacy
    }

    package let backend: Backend
    package let family: AddressFamily

    package init(_ backend: Backend, _ family: AddressFamily) {
        self.backend = backend
        self.family = family
    }

    package static let all = Backend.allCases.flatMap { backend in
        AddressFamily.allCases.map { IptablesTool(backend, $0) }
    }

    /// As `ip6tables-legacy`.
    package var name: String { "\(plainName)-\(backend.rawValue)" }

    private var plainName: String { family == .v4 ? "iptables" : "ip6tables" }

    /// What can be known of the rules.
    package enum Listing: Equatable, Sendable {
        /// As `iptables-save` prints them; empty where the kernel has none.
        case rules(String)

        /// There may be some.
        case unknown(UnknownReason)
    }

    /// Room for a hundred thousand endpoints.
    private static let outputLimit = 512 << 20

    /// Nothing is run that would make the kernel load a packet filter it does not have yet.
    package func rules(until deadline: Deadline) -> Listing {
        guard hasTables else { return .rules("") }
        guard let path = program("save") else {
            return mayHaveChains ? .unknown(.noProgram("\(name)-save")) : .rules("")
        }
        guard let result = try? Command(path).run(limit: Self.outputLimit, until: deadline),
            result.status.isSuccess, !result.isTruncated
        else { return .unknown(.programFailed("\(name)-save")) }
        return .rules(result.text)
    }

    /// Why rules could not be changed.
    package enum Failure: Error, Equatable, Sendable {
        case noProgram(String)
        case timedOut(String)

        /// - Parameter said: the first line of what it said.
        case failed(String, said: String)
        case system(SystemError)
    }

    /// Changes rules of one table, all of it or nothing, and leaves the others as they are.
    ///
    /// - Parameter text: for `iptables-restore --noflush`.
    package func restore(_ text: String, until deadline: Deadline) throws(Failure) {
        guard let path = program("restore") else { throw .noProgram("\(name)-restore") }
        let program = "\(name)-restore"
        // Another program may hold the lock of the older back-end; the newer one has none.
        var command = Command(path, ["--noflush", "--wait=10"])
        command.input = .bytes(Array(text.utf8))
        let result: ProcessOutput
        do throws(SystemError) {
            result = try command.run(until: deadline)
        } catch {
            throw .system(error)
        }
        if result.didTimeOut { throw .timedOut(program) }
        guard result.status.isSuccess else {
            // The newer one gives its name and version a line of their own.
            let lines = result.errorText.split(separator: "\n").filter { !$0.hasSuffix(": ") }
            throw .failed(program, said: lines.first.map(String.init) ?? "")
        }
    }

    /// Whether the kernel has tables of this kind.
    private var hasTables: Bool {
        switch backend {
        case .nft: return NFTable.isAvailable
        case .legacy:
            let names = try? Filesystem.readText("/proc/net/\(family == .v4 ? "ip" : "ip6")_tables_names")
            return !(names ?? "").isEmpty
        }
    }

    /// Whether kube-proxy has chains there, as far as that can be seen without the programs.
    private var mayHaveChains: Bool {
        guard backend == .nft else { return true }
        return ["filter", "nat", "mangle"].contains { table in
            let found = try? NFTable.find(table, family: family)
            return found?.chains.contains { FilterChain(table: table, name: $0).isOfKubeProxyIptables } == true
        }
    }

    /// The program of that name, or the one that the system calls by the plain name where it is of this back-end.
    private func program(_ verb: String) -> String? {
        if let path = FirewallTools.find("\(name)-\(verb)") { return path }
        guard let path = FirewallTools.find("\(plainName)-\(verb)") else { return nil }
        return FirewallTools.isLegacy(path) == (backend == .legacy) ? path : nil
    }
}
