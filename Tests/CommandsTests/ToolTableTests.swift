// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Testing

@testable import Commands

@Suite struct ToolTableTests {
    @Test func theTableDoesNotContradictItself() {
        #expect(Tool.table.defects() == [])
    }

    @Test func theTableHoldsTheCommandsOfThisReleaseAndNoOthers() {
        let paths = Tool.table.commands.map(\.path)
        #expect(
            paths == [
                "check", "enable", "disable", "status", "trace", "diags", "service list", "service get", "service set",
                "service delete", "service apply", "service export",
                "backend list", "backend add", "backend remove", "backend drain", "affinity list", "affinity clear",
                "conntrack list", "conntrack get", "conntrack delete", "conntrack stats", "conntrack sweep",
                "route list", "route get", "route add", "route delete",
                "route sync", "neighbor list", "program list", "program attach", "program detach", "program profile",
                "connect-time status", "connect-time attach", "connect-time detach", "interface list", "map list",
                "counter list", "counter explain", "counter reset", "cleanup", "demo", "completion", "version", "help",
            ])
    }

    @Test(arguments: [
        ("svc dump", "service list"), ("nat dump", "service list"), ("services list", "service list"),
        ("ct dump", "conntrack list"), ("routes dump", "route list"), ("ifstate list", "interface list"),
        ("counters list", "counter list"), ("backends list", "backend list"), ("programs dump", "program list"),
        ("neighbors list", "neighbor list"), ("maps dump", "map list"), ("conntrack dump", "conntrack list"),
        ("arp dump", "neighbor list"), ("ifstate dump", "interface list"), ("counters dump", "counter list"),
        ("connect-time clean", "connect-time detach"), ("cleanup", "cleanup"),
    ])
    func anAliasNamesItsCommand(line: String, path: String) throws {
        guard case .run(let invocation) = try Tool.table.parse(line.split(separator: " ").map(String.init)) else {
            Issue.record("\(line) asks for help")
            return
        }
        #expect(invocation.command.path == path)
    }

    @Test(arguments: [
        ("apply -f x", "did you mean 'ebpfctl service apply -f x'?"),
        ("add default/web 10.1.0.2:80", "did you mean 'backend add' or 'route add'? see 'ebpfctl --help'"),
        // Nearly every noun has it.
        ("list", "see 'ebpfctl --help'"),
    ])
    func aVerbWithoutItsNounIsFound(line: String, hint: String) {
        let run = ToolRun(line)
        #expect(run.code == .usage)
        #expect(run.errors.split(separator: "\n").dropFirst().first.map(String.init) == "hint: \(hint)")
    }

    @Test func theOptionsOfTheNextReleaseAreAbsent() throws {
        let set = try #require(Tool.table.commands.first { $0.path == "service set" })
        #expect(
            set.options.map(\.name) == [
                "vip", "node-port", "external-ip", "load-balancer", "backend", "affinity", "external-policy",
                "internal-policy", "source-range", "algorithm", "close-tcp", "dry-run",
            ])
        let enable = try #require(Tool.table.commands.first { $0.path == "enable" })
        #expect(
            enable.options.map(\.name) == [
                "config", "uplink", "workload", "node-address", "node-port-range", "source-port-range", "connect-time",
                "forwarding", "return",
                "no-dsr", "overlay-port", "source-check", "map-size", "kube-proxy", "dry-run",
            ])
    }

    @Test(arguments: Tool.table.commands.map(\.path))
    func helpOfACommandFitsTheTerminalAndStartsWithItsSummary(path: String) throws {
        let command = try #require(Tool.table.commands.first { $0.path == path })
        let run = ToolRun("\(path) --help")
        let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(run.code == .success)
        #expect(run.errors == "")
        #expect(lines.first.map(String.init) == command.summary)
        #expect(run.output.contains("usage: ebpfctl \(path)"))
        // Examples are not broken, so that they can be copied.
        #expect(lines.filter { $0.count > 80 && !$0.hasPrefix("  ebpfctl ") } == [])
    }

    @Test func helpOfTheToolListsCommandsAndNouns() {
        let run = ToolRun("help")
        #expect(run.code == .success)
        #expect(
            run.output == """
                ebpfctl: Kubernetes service load balancing in eBPF, in the place of kube-proxy's
                rule lists

                usage: ebpfctl [options] (COMMAND | NOUN VERB) [arguments] [options]

                Commands:
                  check       Find out what this node can run, and change nothing
                  enable      Put the dataplane on this node, or bring it up to date
                  disable     Take the dataplane off this node without a trace
                  status      Show whether the dataplane works, and how it is configured
                  trace       Show what becomes of packets and socket calls, as it happens
                  diags       Gather everything that support needs into one archive
                  cleanup     Remove whatever any version of this tool has left on this node
                  demo        Show the whole thing at work in a lab on this machine
                  completion  Print a completion script for a shell
                  version     Print the version of this tool
                  help        Explain a command, or list them all

                Nouns:
                  service (svc, nat)   Virtual addresses and who serves them
                  backend              The servers behind services
                  affinity             Clients that services keep on a backend
                  conntrack (ct)       Tracked connections
                  route                Which interface or node an address lives on
                  neighbor (arp)       Next hops and their link-layer addresses
                  program              The eBPF programs and where they are attached
                  connect-time         The balancing of sockets when they connect
                  interface (ifstate)  Network interfaces and their roles
                  map                  The tables of the dataplane, and how full they are
                  counter              Packets and socket calls by what became of them

                Global options:
                  -o, --output FORMAT     Format of the result: table, wide, json, yaml or name
                                          (default table)
                      --no-headers        Tables without their header line
                  -q, --quiet             Print identifiers only
                  -4, --ipv4              IPv4 only
                  -6, --ipv6              IPv6 only
                      --bpffs DIR         Where the bpffs is (default /sys/fs/bpf)
                      --cgroup DIR        The cgroup to balance sockets of (default the cgroup2
                                          mount)
                      --color WHEN        Colours in tables: auto, always or never (default
                                          auto)
                  -v, --verbose           Show what libbpf and the verifier say
                      --timeout DURATION  Give up waiting after this long (default 10s)
                  -h, --help              Show help and do nothing else

                See 'ebpfctl NOUN --help' for the verbs of a noun.

                """)
    }
}
