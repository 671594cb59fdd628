// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// Files that are made to harm: each ends `service apply` with one line, and the dataplane as it was.
@Suite(.needsKernel) struct HostileObjectTests {
    private let tool: ToolNode
    private let file = TemporaryFile()
    private let before: String

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
        _ = try tool.output(of: "service set by/hand --vip 10.96.0.10:80/tcp --backend 10.0.0.1:80")
        before = try tool.output(of: "service export")
    }

    private func refuses(_ path: String, _ reason: String) throws {
        let run = try tool.run("service apply -f \(path) --prune")
        #expect(run.code == .usage)
        #expect(run.output == "")
        #expect(run.errors.hasPrefix("ebpfctl: cannot read "), "\(run.errors)")
        #expect(run.errors.hasSuffix("\(reason)\n"), "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(try tool.output(of: "service export") == before)
    }

    private static let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\n"

    /// Ten lists of ten aliases each: ten thousand million values from half a kilobyte.
    private static let laughs =
        service + "x: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + zip("bcdefghij", "abcdefghi").map { name, inner in
            "\(name): &\(name) [" + Array(repeating: "*\(inner)", count: 10).joined(separator: ", ") + "]\n"
        }.joined()

    @Test(arguments: [
        ("anchors", laughs, "an object of more than 1000000 values"),
        ("nesting", service + "spec: " + String(repeating: "[", count: 10_000), "nested deeper than 256 levels"),
        ("JSON nesting", #"{"apiVersion":"# + String(repeating: "[", count: 10_000), "nested deeper than 64 levels"),
        ("NUL", service + "spec: {clusterIP: \"10.96.0\0.1\"}\n", "control characters are not allowed"),
        ("keys", service + "spec: {clusterIP: 10.96.0.1, clusterIP: 10.96.0.2}\n", "duplicate key 'clusterIP'"),
        ("port", service + "spec: {ports: [{port: 99999}]}\n", "spec.ports[0].port: must be 1…65535, not 99999"),
        (
            "block", service + "spec: {clusterIPs: [10.96.0.0/12]}\n",
            "spec.clusterIPs[0]: invalid address '10.96.0.0/12': not an IPv4 or IPv6 address"
        ),
    ])
    func aHostileFileIsRefusedAndChangesNothing(name: String, text: String, reason: String) throws {
        try file.write(text)
        try refuses(file.path, reason)
    }

    @Test(arguments: [#"{"apiVersion": ""#, #"apiVersion: ""#]) func soIsAStringOfAGigabyte(start: String) throws {
        let text = "rm -f \(file.path); mkfifo \(file.path)"
        _ = try Command("/bin/sh", ["-c", text]).run(until: Deadline(after: .seconds(10)))
        let feed = "{ printf '\(start)'; head -c 1073741824 /dev/zero | tr '\\0' a; } 2>/dev/null >\(file.path)"
        let writer = try Command("/bin/sh", ["-c", feed]).start()
        defer { writer.kill() }
        try refuses(file.path, "it has more than the limit of 67108864 bytes")
    }
}
