// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import Testing

/// What the tool answers before it looks at the kernel; needs no root.
@Suite struct CommandLineTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let words: String
        let message: String

        init(_ words: String, _ message: String) {
            self.words = words
            self.message = message
        }

        var testDescription: String { words }
    }

    static let mistakes = [
        Mistake(
            "servise list",
            """
            ebpfctl: unknown noun 'servise'
            hint: did you mean 'ebpfctl service list'?
            usage: ebpfctl [options] (COMMAND | NOUN VERB) [arguments] [options]

            """),
        Mistake(
            "service lst",
            """
            ebpfctl: unknown verb 'lst' for 'service'
            hint: did you mean 'ebpfctl service list'?
            usage: ebpfctl service list|get|set|delete|apply|export [arguments] [options]

            """),
        Mistake(
            "enable --bogus",
            """
            ebpfctl: unknown option '--bogus' for 'enable'
            hint: see 'ebpfctl enable --help'
            usage: ebpfctl enable [options]

            """),
        Mistake(
            "service set a/b --vip 10.96.0.10:99999/tcp --backend 10.1.0.2:80",
            """
            ebpfctl: option '--vip': invalid port '99999': must be 1…65535
            hint: see 'ebpfctl service set --help'
            usage: ebpfctl service set NAME [options]

            """),
        Mistake(
            "service set a/b --vip 10.96.0.10:80/tcp --external-policy node",
            """
            ebpfctl: invalid value 'node' for option '--external-policy': must be cluster or local
            hint: see 'ebpfctl service set --help'
            usage: ebpfctl service set NAME [options]

            """),
        Mistake(
            "service set a/b --backend 10.1.0.2:80 --vip",
            """
            ebpfctl: option '--vip' needs a value ADDR:PORT/PROTO
            hint: see 'ebpfctl service set --help'
            usage: ebpfctl service set NAME [options]

            """),
        Mistake(
            "service set a/b --backend 10.1.0.2:80",
            """
            ebpfctl: no address is given: one of --vip, --node-port, --external-ip or --load-balancer is needed
            hint: see 'ebpfctl service set --help'
            usage: ebpfctl service set NAME [options]

            """),
        Mistake(
            "route add 10.0.0.0/33 --workload --local h1",
            """
            ebpfctl: argument CIDR: invalid prefix '10.0.0.0/33': length must be 0…32
            hint: see 'ebpfctl route add --help'
            usage: ebpfctl route add CIDR (--workload | --host) (--local IF | --via NODE)
                                     [options]

            """),
        Mistake(
            "conntrack list --src fd00::/129",
            """
            ebpfctl: option '--src': invalid prefix 'fd00::/129': length must be 0…128
            hint: see 'ebpfctl conntrack list --help'
            usage: ebpfctl conntrack list [options]

            """),
    ]

    /// Without capabilities, so that a mistake found too late would be refused for another reason.
    @Test(arguments: mistakes)
    func aMistakeIsToldBeforeAnythingElse(mistake: Mistake) throws {
        let result = try runWithoutCapabilities(mistake.words.split(separator: " ").map(String.init))
        #expect(result.outcome == Outcome(2, error: mistake.message))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let command: String
        let missing: String

        init(_ command: String, _ missing: String) {
            self.command = command
            self.missing = missing
        }

        var testDescription: String { command }
    }

    static let refusals = [
        Refusal("check", "CAP_NET_ADMIN and CAP_BPF are"), Refusal("enable", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"),
        Refusal("disable", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"), Refusal("status", "CAP_SYS_ADMIN is"),
        Refusal("demo", "CAP_NET_ADMIN and CAP_SYS_ADMIN are"), Refusal("service list", "CAP_BPF is"),
        Refusal("interface list", "CAP_SYS_ADMIN is"),
    ]

    @Test(arguments: refusals)
    func whatIsNotPermittedNamesTheCapability(refusal: Refusal) throws {
        let result = try runWithoutCapabilities(refusal.command.split(separator: " ").map(String.init))
        let message = """
            ebpfctl: cannot run '\(refusal.command)': \(refusal.missing) missing (EPERM)
            hint: run it as root: 'sudo ebpfctl \(refusal.command)'

            """
        #expect(result.outcome == Outcome(4, error: message))
    }

    /// The reader of the pipe has gone before the first byte is written.
    @Test(arguments: ["version", "help", "completion bash", "version -o json"])
    func aClosedPipeEndsQuietly(words: String) throws {
        let script = """
            directory=$(mktemp -d)
            mkfifo $directory/pipe
            exec 4<>$directory/pipe 5>$directory/pipe 4<&-
            rm -r $directory
            exec \(Tool.path) \(words) >&5
            """
        let result = try Command("/bin/sh", ["-c", script]).run(until: Deadline(after: Tool.patience))
        #expect(result.outcome == Outcome(0))
    }

    @Test func aFullDiskIsAnError() throws {
        let result = try Command("/bin/sh", ["-c", "exec \(Tool.path) version > /dev/full"])
            .run(until: Deadline(after: Tool.patience))
        let message = "ebpfctl: cannot write the output: no space left on device (ENOSPC)\n"
        #expect(result.outcome == Outcome(1, error: message))
    }

    /// As an ordinary user would, whoever runs the tests.
    private func runWithoutCapabilities(_ words: [String]) throws -> ProcessOutput {
        guard geteuid() == 0 else { return try Tool.run(words) }
        let dropping = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", Tool.path]
        return try Command("/usr/bin/env", dropping + words).run(until: Deadline(after: Tool.patience))
    }
}
