// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering
import Testing

@testable import Commands

/// Connections that another node serves, sweeps, and what is said about removed backends.
@Suite struct ConnectionRowTests {
    private func tunnelled() throws -> ConnectionRow {
        ConnectionRow(
            connection: Connection(
                key: try ConnectionKey(words: ["udp,203.0.113.9:40000,192.0.2.1:30053"]), backend: nil,
                node: try IPAddress("192.0.2.2"), serviceID: 7, service: try ServiceName("default/dns"), state: nil,
                forward: .init(packets: 3, bytes: 180), age: .seconds(90), idle: .seconds(4),
                flags: [.tunnel, .directReturn, .outside]))
    }

    @Test func aConnectionThatAnotherNodeServesNamesTheNode() throws {
        #expect(
            try tunnelled().cellTexts == [
                "udp", "203.0.113.9:40000", "192.0.2.1:30053", "via:192.0.2.2", "<none>", "4s", "default/dns", "1m",
                "3",
                "180", "tunnel,dsr,outside",
            ])
        #expect(
            try page(tunnelled(), as: .table) == """
                Protocol:     udp
                Source:       203.0.113.9:40000
                Destination:  192.0.2.1:30053
                Backend:      <none>
                Via node:     192.0.2.2
                Service:      default/dns
                State:        <none>
                Age:          1m
                Idle:         4s
                Forward:      3 packets, 180 bytes
                Reply:        0 packets, 0 bytes
                Flags:        tunnel
                              dsr
                              outside

                """)
    }

    @Test func theDocumentOfSuchAConnectionHasANodeAndNoBackend() throws {
        #expect(try page(tunnelled(), as: .yaml).contains("\nbackend: null\nnode: 192.0.2.2\nservice: default/dns\n"))
    }

    private func sweep() -> ConnectionSweep {
        var sweep = ConnectionSweep()
        (sweep.expired, sweep.orphans, sweep.remaining) = ([.tcp: 12, .udp: 3], 1, 400)
        return sweep
    }

    @Test func aSweepSaysWhatItRemoved() throws {
        #expect(
            try page(ConnectionSweepPage(sweep: sweep(), isDryRun: false), as: .table) == """
                Removed:
                  TCP:               12
                  UDP:               3
                  Orphaned entries:  1
                Remaining connections:  400

                """)
        #expect(
            try page(ConnectionSweepPage(sweep: sweep(), isDryRun: true), as: .yaml) == """
                apiVersion: ebpfctl/v1
                kind: ConnectionSweep
                dryRun: true
                expired:
                  tcp: 12
                  udp: 3
                  orphanedEntries: 1
                remaining: 400

                """)
    }

    @Test func aDryRunOfASweepSaysWhatHasExpired() throws {
        let sweepPage = ConnectionSweepPage(sweep: ConnectionSweep(), isDryRun: true)
        #expect(try page(sweepPage, as: .table).hasPrefix("Expired (dry run):\n  TCP:               0\n"))
    }

    @Test func nothingIsSaidWhenAllFlowsWereEnded() {
        var report = BackendRemovalReport()
        (report.sockets, report.connections) = ([.udp: 3], [.udp: 9])
        #expect(report.notices(about: "'default/dns'") == [])
    }

    @Test func whatCouldNotBeEndedIsSaid() {
        var report = BackendRemovalReport()
        report.unsupported = [.udp, .tcp]
        report.unreachableNamespaces = 2
        report.refusedSockets = 1
        report.firstRefusal = SystemError(.openNamespace, "/proc/7/ns/net", .accessDenied)
        #expect(
            report.notices(about: "'default/dns'") == [
                "this kernel cannot end TCP sockets: "
                    + "clients of 'default/dns' keep sending to removed backends until they reconnect",
                "this kernel cannot end UDP sockets: "
                    + "clients of 'default/dns' keep sending to removed backends until they reconnect",
                "clients of 'default/dns' in 2 network namespaces may keep sending to removed backends: "
                    + "cannot open network namespace '/proc/7/ns/net': permission denied",
                "1 socket of clients of 'default/dns' could not be ended: "
                    + "cannot open network namespace '/proc/7/ns/net': permission denied",
            ])
    }

    @Test func nothingIsSaidOfConnectionsThatWereReset() {
        #expect(ConnectionResetReport().notices == [])
    }

    @Test func whatKeepsItsEndsIsSaid() throws {
        var report = ConnectionResetReport()
        report.notFound = [try ConnectionKey(words: ["tcp,10.1.0.5:40000,10.96.0.10:80"])]
        report.unreachableNamespaces = 2
        report.refusedSockets = 1
        report.firstRefusal = SystemError(.openNamespace, "/proc/7/ns/net", .accessDenied)
        #expect(
            report.notices == [
                "1 connection has no end on this machine: forgotten, not reset",
                "2 network namespaces could not be searched for sockets: "
                    + "cannot open network namespace '/proc/7/ns/net': permission denied",
                "1 socket could not be ended: "
                    + "cannot open network namespace '/proc/7/ns/net': permission denied",
            ])
    }
}
