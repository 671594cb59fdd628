// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem
import Testing

@testable import Commands

/// Input that is refused before the kernel is touched; each message whole.
@Suite struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let line: String
        let message: String
        let help: String
        let usage: String

        init(_ line: String, _ message: String, see help: String, _ usage: String) {
            (self.line, self.message, self.help, self.usage) = (line, message, help, usage)
        }

        var testDescription: String { line }
    }

    private static let setUsage = "usage: ebpfctl service set NAME [options]"
    private static let addUsage =
        "usage: ebpfctl route add CIDR (--workload | --host) (--local IF | --via NODE)\n"
        + "                         [options]"

    static let cases = [
        Case(
            "service set default/web --vip 10.96.0.10:99999/tcp --backend 10.1.0.2:80",
            "option '--vip': invalid port '99999': must be 1…65535", see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/sctp --backend 10.1.0.2:80",
            "option '--vip': unsupported protocol 'sctp': only tcp and udp are served", see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80,weight=0",
            "option '--backend': invalid backend '10.1.0.2:80,weight=0': weight '0' must be 1…100",
            see: "service set", setUsage),
        Case(
            "service set default/web --node-port 30080 --backend 10.1.0.2:80",
            "option '--node-port': invalid node port '30080': must be PORT/PROTO", see: "service set", setUsage),
        Case(
            "service set default/web --node-port 0/tcp --backend 10.1.0.2:80",
            "option '--node-port': invalid port '0': must be 1…65535", see: "service set", setUsage),
        Case(
            "service set default/web --external-ip 192.0.2.5/tcp --backend 10.1.0.2:80",
            "option '--external-ip': invalid endpoint '192.0.2.5': must be ADDR:PORT or [IPV6-ADDR]:PORT",
            see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --load-balancer 10.96.0.10:80/tcp --backend 10.1.0.2:80",
            "invalid service 'default/web': frontend '10.96.0.10:80/tcp' is given twice", see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80 --source-range 10.0.0.0/8",
            "option '--source-range': only --vip is given, which it does not concern: "
                + "add --node-port, --external-ip or --load-balancer", see: "service set", setUsage),
        Case(
            "service set default/web --node-port 30080/tcp --backend 10.1.0.2:80 --source-range 10.0.0.1",
            "option '--source-range': invalid prefix '10.0.0.1': length is missing, did you mean '10.0.0.1/32'?",
            see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80 --affinity 25h",
            "invalid service 'default/web': affinity '1d1h' must be whole seconds, 1s…1d", see: "service set",
            setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80 --affinity 10",
            "option '--affinity': invalid duration '10': must be numbers with units, like 250ms, 10s, 5m or 1h30m",
            see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --algorithm rr",
            "invalid value 'rr' for option '--algorithm': must be random or maglev", see: "service set", setUsage),
        Case(
            "service set default/web --vip 10.96.0.10:80/tcp --backend [fd00::1]:80",
            "invalid service 'default/web': frontend '10.96.0.10:80/tcp' has no IPv4 backend; "
                + "backend '[fd00::1]:80' has no IPv6 frontend",
            see: "service set", setUsage),
        Case(
            "service set web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80",
            "argument NAME: invalid service name 'web': namespace is missing, did you mean 'default/web'?",
            see: "service set", setUsage),
        Case(
            "service get web:http",
            "argument NAME: invalid service name 'web:http': namespace is missing, did you mean 'default/web:http'?",
            see: "service get", "usage: ebpfctl service get NAME [options]"),
        Case(
            "service get 10.96.0.10:80",
            "argument NAME: invalid frontend '10.96.0.10:80': must be ADDR:PORT/PROTO", see: "service get",
            "usage: ebpfctl service get NAME [options]"),
        Case(
            "service get fd00::a:53/udp",
            "argument NAME: invalid endpoint 'fd00::a:53': an IPv6 address must stand in brackets, as in "
                + "'[fd00::1]:80'", see: "service get", "usage: ebpfctl service get NAME [options]"),
        Case(
            "service apply", "missing option '--file FILE' for 'service apply'", see: "service apply",
            "usage: ebpfctl service apply --file FILE [options]"),
        Case(
            "service set default/web --backend 10.1.0.2:80",
            "no address is given: one of --vip, --node-port, --external-ip or --load-balancer is needed",
            see: "service set", setUsage),
        Case(
            "service set default/web --vip", "option '--vip' needs a value ADDR:PORT/PROTO", see: "service set",
            setUsage),
        Case(
            "route add 10.0.0.0/33 --host --local eth0",
            "argument CIDR: invalid prefix '10.0.0.0/33': length must be 0…32", see: "route add", addUsage),
        Case(
            "route add 10.0.0.1/8 --host --local eth0",
            "argument CIDR: invalid prefix '10.0.0.1/8': host bits are set, did you mean '10.0.0.0/8'?",
            see: "route add", addUsage),
        Case(
            "route add 10.0.0.0/8 --host --via fd00::1",
            "option '--via': invalid route '10.0.0.0/8 host via fd00::1': "
                + "prefix and node must be of one address family",
            see: "route add", addUsage),
        Case(
            "route add 10.0.0.0/8 --host", "missing option for 'route add': one of '--local' or '--via'",
            see: "route add", addUsage),
        Case(
            "conntrack list --state half-open",
            "option '--state': invalid state 'half-open': must be syn-sent, established, fin-seen, closed or reset",
            see: "conntrack list", "usage: ebpfctl conntrack list [options]"),
        Case(
            "conntrack list --limit 0", "option '--limit': invalid number '0': must be 1…2147483647",
            see: "conntrack list", "usage: ebpfctl conntrack list [options]"),
        Case(
            "conntrack delete", "nothing is selected: name connections, give a filter, or say --all",
            see: "conntrack delete", "usage: ebpfctl conntrack delete [TUPLE]... [options]"),
        Case(
            "conntrack delete -4", "nothing is selected: name connections, give a filter, or say --all",
            see: "conntrack delete", "usage: ebpfctl conntrack delete [TUPLE]... [options]"),
        Case(
            "conntrack delete --all tcp,10.0.0.1:5,10.0.0.2:6",
            "connections are named, so no filter and no --all may be given", see: "conntrack delete",
            "usage: ebpfctl conntrack delete [TUPLE]... [options]"),
        Case(
            "conntrack get tcp,10.0.0.1:5,10.0.0.2:6 udp,10.0.0.1:5,10.0.0.2:6",
            "only one connection is shown at a time", see: "conntrack get",
            "usage: ebpfctl conntrack get TUPLE... [options]"),
        Case(
            "conntrack get tcp 10.0.0.1:5",
            "argument TUPLE: invalid tuple 'tcp 10.0.0.1:5': must be PROTO,ADDR:PORT,ADDR:PORT", see: "conntrack get",
            "usage: ebpfctl conntrack get TUPLE... [options]"),
        Case(
            "program attach from_workload_v4 --interface eth0 --hook egress",
            "program 'from_workload_v4' belongs on hook 'ingress'", see: "program attach",
            "usage: ebpfctl program attach PROGRAM [options]"),
        Case(
            "program attach from_workload_v4", "program 'from_workload_v4' needs option '--interface'",
            see: "program attach", "usage: ebpfctl program attach PROGRAM [options]"),
        Case(
            "program attach connect4 --interface eth0 --hook egress",
            "program 'connect4' takes no --interface and no --hook: its place is a cgroup",
            see: "program attach", "usage: ebpfctl program attach PROGRAM [options]"),
        Case(
            "enable --map-size conntrack=5",
            "option '--map-size': no map 'conntrack' can be sized: must be frontends, slots, connections, routes, "
                + "sockets, source_ranges, affinity, fragments, service_names, or one family's, such as connections_v4",
            see: "enable",
            "usage: ebpfctl enable [options]"),
        Case(
            "enable --map-size connections", "option '--map-size': invalid size 'connections': must be NAME=N",
            see: "enable", "usage: ebpfctl enable [options]"),
        Case(
            "enable --overlay-port 65536", "option '--overlay-port': invalid number '65536': must be 0…65535",
            see: "enable", "usage: ebpfctl enable [options]"),
        Case(
            "enable --node-port-range 32767-30000",
            "option '--node-port-range': invalid port range '32767-30000': the first port is above the last",
            see: "enable", "usage: ebpfctl enable [options]"),
        Case(
            "enable --map-size connections=0",
            "option '--map-size': invalid number '0': must be 1…268435456", see: "enable",
            "usage: ebpfctl enable [options]"),
        Case(
            "enable --node-address 10.0.0.300",
            "option '--node-address': invalid address '10.0.0.300': not an IPv4 or IPv6 address", see: "enable",
            "usage: ebpfctl enable [options]"),
        Case(
            "check --ignore bpf.nothing",
            "option '--ignore': no check is called 'bpf.nothing': 'ebpfctl check' lists them",
            see: "check", "usage: ebpfctl check [options]"),
        Case(
            "status --timeout 5",
            "option '--timeout': invalid duration '5': must be numbers with units, like 250ms, 10s, 5m or 1h30m",
            see: "status", "usage: ebpfctl status [options]"),
    ]

    /// Without a single capability, so that a command that went on to the kernel would say something else.
    @Test(arguments: cases)
    func isRefusedWithItsWholeMessage(bad: Case) {
        let run = ToolRun(bad.line, capabilities: CapabilitySet(bits: 0))
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(
            run.errors == """
                ebpfctl: \(bad.message)
                hint: see 'ebpfctl \(bad.help) --help'
                \(bad.usage)

                """)
    }

    @Test func anUnknownNounGetsTheClosestOne() {
        let run = ToolRun("sevice list")
        #expect(run.code == .usage)
        #expect(
            run.errors == """
                ebpfctl: unknown noun 'sevice'
                hint: did you mean 'ebpfctl service list'?
                usage: ebpfctl [options] (COMMAND | NOUN VERB) [arguments] [options]

                """)
    }

    @Test func aMissingValueIsAUsageErrorOfItsCommand() {
        let run = ToolRun("route get")
        #expect(run.code == .usage)
        #expect(
            run.errors == """
                ebpfctl: missing argument ADDR for 'route get'
                hint: see 'ebpfctl route get --help'
                usage: ebpfctl route get ADDR [options]

                """)
    }

    @Test func anUnknownProgramIsNotFoundAndTheKnownOnesAreNamed() {
        let run = ToolRun("program attach from_pod --interface lo --hook ingress")
        #expect(run.code == .notFound)
        #expect(
            run.errors == """
                ebpfctl: cannot attach program 'from_pod': no such program
                known: from_workload_v4, to_workload_v4, from_uplink_v4, to_uplink_v4, from_overlay_v4, \
                from_workload_v6, to_workload_v6, from_uplink_v6, to_uplink_v6, from_overlay_v6, connect4, \
                connect_mapped_v4, sendmsg4, recvmsg4, recvmsg_mapped_v4, getpeername4, getpeername_mapped_v4, \
                connect6, sendmsg6, recvmsg6, getpeername6, from_uplink_l3_v4, to_uplink_l3_v4, from_uplink_l3_v6, \
                to_uplink_l3_v6
                hint: list programs with 'ebpfctl program list'

                """)
    }
}
