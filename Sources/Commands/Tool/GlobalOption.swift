// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import Rendering

/// The options that every command accepts.
enum GlobalOption {
    static let output = OptionSpec(
        "output", short: "o",
        value: ValueSpec("FORMAT", .enumeration(OutputFormat.allCases.map(\.rawValue)), default: "table"),
        "Format of the result")
    static let noHeaders = OptionSpec("no-headers", "Tables without their header line")
    static let quiet = OptionSpec("quiet", short: "q", "Print identifiers only")
    static let ipv4 = OptionSpec("ipv4", short: "4", "IPv4 only")
    static let ipv6 = OptionSpec("ipv6", short: "6", "IPv6 only")
    static let bpffs = OptionSpec(
        "bpffs", value: ValueSpec("DIR", .directory, default: DataplaneLocation.defaultBPFFS), "Where the bpffs is")
    static let cgroup = OptionSpec(
        "cgroup", value: ValueSpec("DIR", .directory, default: "the cgroup2 mount"), "The cgroup to balance sockets of")
    static let color = OptionSpec(
        "color", value: ValueSpec("WHEN", .enumeration(["auto", "always", "never"]), default: "auto"),
        "Colours in tables")
    static let verbose = OptionSpec("verbose", short: "v", "Show what libbpf and the verifier say")
    static let timeout = OptionSpec(
        "timeout", value: ValueSpec("DURATION", default: "10s"), "Give up waiting after this long")

    static let all = [output, noHeaders, quiet, ipv4, ipv6, bpffs, cgroup, color, verbose, timeout]

    /// What `--timeout` is when it is not given.
    static let standardTimeout = Duration.seconds(10)
}
