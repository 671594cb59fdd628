// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// `trace` on a node of its own, without traffic.
@Suite(.needsKernel) struct TraceCommandTests {
    let tool: ToolNode

    init() throws { tool = try ToolNode() }

    @Test func withoutEventsThereIsAHeaderOrAnEmptyList() throws {
        _ = try tool.output(of: ToolNode.enable)
        let run = try tool.run("trace --event drop --duration 1ms")
        #expect(run.code == .success)
        #expect(
            run.output == """
                TIME          EVENT    REASON              PROTO  SOURCE            DESTINATION       AFTER

                """)
        #expect(run.errors == "0 events, 0 lost\n")
        let document = try tool.output(of: "trace --event drop --duration 1ms -o yaml")
        #expect(
            document.hasPrefix(
                """
                apiVersion: ebpfctl/v1
                kind: TraceEventList
                items: []
                events: 0
                lost: 0
                durationSeconds: 0.
                """))
        #expect(try tool.output(of: "trace --event drop --duration 1ms -q") == "")
    }

    @Test func itNeedsAnEnabledDataplane() throws {
        let run = try tool.run("trace --duration 1ms")
        #expect(run.code == .notFound)
        #expect(run.errors.hasPrefix("ebpfctl: cannot open the dataplane under"))
    }

    /// A dataplane of a version that had no such maps goes on serving, and is traced after another `enable`.
    @Test(arguments: ["events", "tracing", "trace_rooms"]) func programsOfAnOlderVersionAreNotTraced(map: String) throws
    {
        _ = try tool.output(of: ToolNode.enable)
        try Filesystem.removeFile("\(tool.directory)/maps/\(map)")
        let run = try tool.run("trace --duration 1ms")
        #expect(run.code == .notSupported)
        #expect(
            run.errors.hasPrefix(
                """
                ebpfctl: cannot trace: map '\(map)' is missing, since the programs are of a version that cannot be traced
                hint: exchange them, without a gap for the traffic, with 'ebpfctl enable --uplink=up0 "--workload=pod*"
                """))
        #expect(try tool.run("service list").code == .success)
        _ = try tool.output(of: ToolNode.enable)
        #expect(try tool.run("trace --duration 1ms").code == .success)
    }

    @Test(arguments: [
        ("--service default/absent", "cannot find service 'default/absent': no such service", 3),
        ("--interface eth9", "cannot find interface 'eth9': no such interface (ENODEV)", 3),
        (
            "--reason no-reason",
            "option '--reason': unknown reason 'no-reason': must be one that 'counter list' names", 2
        ),
        ("--port 0", "option '--port': invalid number '0': must be 1…65535", 2),
        ("--port http", "option '--port': invalid number 'http': must be 1…65535", 2),
        ("--limit 0", "option '--limit': invalid number '0': must be 1…2147483647", 2),
        (
            "--src 10.0.0.1/8",
            "option '--src': invalid prefix '10.0.0.1/8': host bits are set, did you mean '10.0.0.0/8'?", 2
        ),
        ("--proto sctp", "option '--proto': unsupported protocol 'sctp': only tcp and udp are served", 2),
        (
            "--duration 5",
            "option '--duration': invalid duration '5': must be numbers with units, like 250ms, 10s, 5m or 1h30m", 2
        ),
    ])
    func whatMeansNothingIsRefused(words: String, complaint: String, code: Int32) throws {
        _ = try tool.output(of: ToolNode.enable)
        let run = try tool.run("trace \(words)")
        #expect(run.code.rawValue == code)
        #expect(run.output == "")
        #expect(run.errors.split(separator: "\n").first == "ebpfctl: \(complaint)")
    }

    @Test(arguments: [
        ("trace --reason no-backed", "did you mean 'no-backend'? "), ("trace --reason x", ""),
        ("trace --proto tpc", "did you mean 'tcp'? "),
        ("conntrack list --state establishd", "did you mean 'established'? "),
        ("counter explain tabel-full", "did you mean 'table-full'? "),
        ("check --ignore nothing-like-it", ""),
    ])
    func aWrongWordGetsTheClosestRightOne(line: String, guess: String) {
        let run = ToolRun(line)
        #expect(run.code == .usage)
        let hint = run.errors.split(separator: "\n").first { $0.hasPrefix("hint: ") }
        let command = line.split(separator: " ").prefix(line.hasPrefix("trace") || line.hasPrefix("check") ? 1 : 2)
        #expect(hint ?? "" == "hint: \(guess)see 'ebpfctl \(command.joined(separator: " ")) --help'")
    }

    @Test func theReasonsAreExplainedWithoutADataplane() {
        #expect(
            ToolRun("counter explain no-way table-full").output == """
                no-way:      error: the kernel names no way to the backend
                table-full:  error: no room in the connection table

                """)
        #expect(
            ToolRun("counter explain --no-headers").output.split(separator: "\n").count == CounterReason.allCases.count)
        #expect(ToolRun("counter explain no-way table-full -q").output == "no-way\ntable-full\n")
        #expect(
            ToolRun("counter explain no-way -o yaml").output == """
                apiVersion: ebpfctl/v1
                kind: CounterMeanings
                items:
                - reason: no-way
                  outcome: error
                  meaning: the kernel names no way to the backend

                """)
    }
}
