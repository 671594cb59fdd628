// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem
import Testing

@testable import Commands

@Suite struct PrivilegeTests {
    @Test(arguments: [
        ("check", "CAP_NET_ADMIN and CAP_BPF are"), ("enable", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"),
        ("disable", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"), ("status", "CAP_SYS_ADMIN is"), ("trace", "CAP_BPF is"),
        ("service list", "CAP_BPF is"), ("backend list", "CAP_BPF is"), ("conntrack list", "CAP_BPF is"),
        ("conntrack stats", "CAP_BPF is"), ("route list", "CAP_BPF is"), ("route sync", "CAP_BPF is"),
        ("program list", "CAP_SYS_ADMIN is"), ("interface list", "CAP_SYS_ADMIN is"), ("counter list", "CAP_BPF is"),
        ("demo", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"), ("cleanup", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"),
        ("map list", "CAP_BPF is"), ("neighbor list", "CAP_BPF is"), ("counter reset", "CAP_BPF is"),
        ("program profile", "CAP_SYS_ADMIN is"), ("connect-time status", "CAP_SYS_ADMIN is"),
        ("connect-time attach", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"),
        ("connect-time detach", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"),
    ])
    func aCommandWithoutItsCapabilitiesNamesThem(path: String, missing: String) {
        let run = ToolRun(path, capabilities: CapabilitySet(bits: 0))
        #expect(run.code == .notPermitted)
        #expect(run.output == "")
        #expect(
            run.errors == """
                ebpfctl: cannot run '\(path)': \(missing) missing (EPERM)
                hint: run it as root: 'sudo ebpfctl \(path)'

                """)
    }

    @Test(arguments: [
        ("enable --dry-run --bpffs /run/b", "enable --dry-run --bpffs /run/b"),
        ("enable --workload cali* --uplink=eth0 -4", "enable --workload \"cali*\" --uplink=eth0 -4"),
        ("enable --workload it's", "enable"),
    ])
    func theWholeCommandLineIsToBeRunAsRoot(line: String, repeated: String) {
        let run = ToolRun(line, capabilities: CapabilitySet(bits: 0))
        #expect(run.errors.hasSuffix("\nhint: run it as root: 'sudo ebpfctl \(repeated)'\n"))
    }

    @Test func theAdministratorsCapabilityStandsForTheOneOfBPF() {
        let admin = CapabilitySet(bits: 1 << UInt64(Capability.sysAdmin.rawValue))
        let run = ToolRun("service list --bpffs /nonexistent", capabilities: admin)
        #expect(run.code == .notFound)
    }

    @Test(arguments: ["version", "completion bash", "help", "service set --help"])
    func whatTheToolKnowsByItselfNeedsNoCapability(line: String) {
        #expect(ToolRun(line, capabilities: CapabilitySet(bits: 0)).code == .success)
    }
}
