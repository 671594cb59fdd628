// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Eligibility
import LinuxSystem
import Rendering
import Topology

/// One thing that an archive should hold, and how to come by it.
struct DiagsSource: Sendable {
    /// Its name in the archive.
    let name: String
    /// For the manifest.
    let origin: String
    let gather: @Sendable (CommandContext) throws -> Gathered

    struct Gathered {
        /// Nil for nothing.
        var bytes: [UInt8]?
        var message: String?
        var exitCode: ExitCode?

        init(_ bytes: [UInt8]?, message: String? = nil, exitCode: ExitCode? = nil) {
            self.bytes = bytes
            self.message = message
            self.exitCode = exitCode
        }

        init(_ text: String) { self.init(Array(text.utf8)) }
    }

    /// In the order of the archive; every list that the tool has is among them.
    static var all: [DiagsSource] {
        commands + [kernel, sysctls, kernelConfiguration, mounts, kernelLog] + files + programs
    }
}

// Commands of this tool, as documents.
extension DiagsSource {
    /// Of a large table the first ones tell enough.
    private static let limit = ["conntrack list": ["--limit", "10000"]]

    private static var commands: [DiagsSource] {
        let lists = Tool.commands.map { $0.spec }.filter { ["list", "stats"].contains($0.verb) && $0.noun != nil }
        let specs = [VersionCommand.spec, CheckCommand.spec, StatusCommand.spec, ConnectTimeStatus.spec] + lists
        return specs.map { command($0.path, limit[$0.path] ?? []) }
    }

    private static func command(_ path: String, _ options: [String]) -> DiagsSource {
        let words = path.split(separator: " ").map(String.init) + options + ["-o", "json"]
        let name = path.split(separator: " ").joined(separator: "-")
        return DiagsSource(name: "\(name).json", origin: ([Tool.table.tool] + words).joined(separator: " ")) {
            context in
            let (output, errors) = (MemorySink(), MemorySink())
            let surroundings = Surroundings(
                output: output, errors: errors, environment: context.surroundings.environment,
                capabilities: context.surroundings.capabilities)
            let code = Tool.run(words + context.locationWords, in: surroundings)
            let said = errors.text.split(separator: "\n").first.map(String.init)
            let isWhole = code == .success || !output.bytes.isEmpty
            return Gathered(
                isWhole ? output.bytes : nil, message: said.map { $0.trimmingPrefix("\(Tool.table.tool): ") },
                exitCode: code)
        }
    }
}

// What the kernel says about itself.
extension DiagsSource {
    private static let kernel = DiagsSource(name: "kernel.txt", origin: "uname(2)") { _ in
        let kernel = try KernelRelease.current()
        let lockdown = Lockdown.current()?.rawValue ?? "unknown"
        return Gathered("\(kernel.release)\n\(kernel.version)\n\(kernel.machine)\nlockdown: \(lockdown)\n")
    }

    private static let sysctls = DiagsSource(name: "sysctls.txt", origin: "/proc/sys") { _ in
        let links = try NetlinkSocket().links().map(\.name)
        let names =
            DiagsSettings.sysctls
            + (["all", "default"] + links).flatMap { link in
                ["rp_filter", "accept_local", "forwarding"].map { "net/ipv4/conf/\(link)/\($0)" }
            }
        return Gathered(
            names.map { name in "\(name) = \((try? Sysctl.read(name)) ?? "(absent)")\n" }.joined())
    }

    /// What was chosen when the kernel was built, as far as the programs need it.
    private static let kernelConfiguration = DiagsSource(name: "kernel-config.txt", origin: "/boot/config-*") {
        context in
        let text = try configurationText(of: KernelRelease.current().release, context)
        return Gathered(
            text.split(separator: "\n").filter { line in
                DiagsSettings.configuration.contains { line.mentions($0) }
            }.map { "\($0)\n" }.joined())
    }

    /// Where distributions put it, or where some kernels hold it themselves.
    private static func configurationText(of release: String, _ context: CommandContext) throws -> String {
        let path = "/boot/config-\(release)"
        let packed = "/proc/config.gz"
        guard !Filesystem.exists(path), Filesystem.exists(packed) else { return try Filesystem.readText(path) }
        let unpacked = try output(of: "gzip", ["-dc", packed], context)
        return String(decoding: unpacked.bytes ?? [], as: UTF8.self)
    }

    /// Only filesystems that we use: the options of others may hold names and passwords.
    private static let mounts = DiagsSource(name: "mounts.txt", origin: "/proc/self/mounts") { _ in
        let text = try Filesystem.readText("/proc/self/mounts")
        let wanted: Set<Substring> = ["bpf", "cgroup", "cgroup2", "securityfs", "proc", "sysfs"]
        return Gathered(
            text.split(separator: "\n").filter { line in
                let fields = line.split(separator: " ")
                return fields.count > 2 && wanted.contains(fields[2])
            }.map { "\($0)\n" }.joined())
    }

    /// The messages about BPF and about our device, and no others.
    private static let kernelLog = DiagsSource(name: "kernel-log.txt", origin: "/dev/kmsg") { _ in
        let records = try KernelLog.records { record in
            let text = record.message.lowercased()
            return DiagsSettings.logWords.contains { text.mentions($0) }
        }
        return Gathered(
            records.suffix(1000).map { record in
                let seconds = record.time / 1_000_000
                return "[\(seconds)] \(record.message)\n"
            }.joined())
    }
}

// Files and programs of the system.
extension DiagsSource {
    private static let files = [
        ("os-release.txt", "/etc/os-release"), ("memory.txt", "/proc/meminfo"),
        ("cpus-possible.txt", "/sys/devices/system/cpu/possible"), ("softnet.txt", "/proc/net/softnet_stat"),
        ("snmp.txt", "/proc/net/snmp"), ("conntrack-stat.txt", "/proc/net/stat/nf_conntrack"),
    ].map { name, path in
        DiagsSource(name: name, origin: path) { _ in Gathered(try Filesystem.read(path)) }
    }

    private static let programs = [
        ("ip-link.txt", "ip", ["-details", "-statistics", "link"]), ("ip-address.txt", "ip", ["address"]),
        ("ip-route.txt", "ip", ["route", "show", "table", "all"]),
        ("ip-route6.txt", "ip", ["-6", "route", "show", "table", "all"]), ("ip-rule.txt", "ip", ["rule"]),
        ("ip-rule6.txt", "ip", ["-6", "rule"]), ("ip-neighbour.txt", "ip", ["neighbour"]),
        ("tc-qdisc.txt", "tc", ["qdisc", "show"]),
    ].map { name, program, arguments in
        DiagsSource(name: name, origin: ([program] + arguments).joined(separator: " ")) { context in
            try output(of: program, arguments, context)
        }
    }

    private static func output(
        of program: String, _ arguments: [String], _ context: CommandContext
    ) throws -> Gathered {
        let directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        guard let path = directories.map({ "\($0)/\(program)" }).first(where: Filesystem.exists) else {
            return Gathered(nil, message: "no program '\(program)' is installed")
        }
        let result = try LinuxSystem.Command(path, arguments).run(limit: 8 << 20, until: context.deadline)
        guard result.status.isSuccess else {
            let said = result.errorText.split(separator: "\n").first.map(String.init)
            return Gathered(nil, message: said ?? (result.didTimeOut ? "took too long" : "failed"))
        }
        return Gathered(result.output, message: result.isTruncated ? "cut at 8 MiB" : nil)
    }
}

extension CommandContext {
    /// The global options that say where the dataplane is.
    fileprivate var locationWords: [String] {
        [GlobalOption.bpffs.longForm, location.bpffs]
            + (location.cgroup.map { [GlobalOption.cgroup.longForm, $0] } ?? [])
    }
}

extension String {
    /// Without the prefix, if it is there.
    fileprivate func trimmingPrefix(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}
