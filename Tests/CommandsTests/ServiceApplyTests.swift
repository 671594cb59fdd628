// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// `service apply` and `service export` on a node of their own.
@Suite(.needsKernel) struct ServiceApplyTests {
    private let tool: ToolNode
    private let file = TemporaryFile()

    init() throws {
        tool = try ToolNode()
        _ = try tool.output(of: "\(ToolNode.enable) --map-size connections=256")
    }

    private static let services = """
        apiVersion: ebpfctl/v1
        kind: ServiceList
        items:
        - name: default/web
          frontends:
          - {kind: cluster-ip, address: 10.96.0.10, port: 80, protocol: tcp}
          - {kind: node-port, port: 30080, protocol: tcp}
          affinitySeconds: 60
          sourceRanges: [192.0.2.0/24]
          backends:
          - {address: 10.0.0.1, port: 8080, weight: 2}
          - {address: 10.1.0.3, port: 8080, state: draining}
        - name: default/dns:dns
          frontends: [{kind: cluster-ip, address: "fd00::a", port: 53, protocol: udp}]
          algorithm: maglev
          backends: [{address: "fd01::2", port: 53}]

        """

    private func apply(_ text: String, _ options: String = "") throws -> ToolRun {
        try file.write(text)
        return try tool.run("service apply -f \(file.path) \(options)")
    }

    @Test func servicesAreCreatedChangedAndLeftAlone() throws {
        let dry = try apply(Self.services, "--dry-run")
        #expect(dry.output == "service default/dns:dns created (dry run)\nservice default/web created (dry run)\n")
        #expect(try tool.output(of: "service list -q") == "")
        let first = try apply(Self.services)
        #expect(first.output == "service default/dns:dns created\nservice default/web created\n")
        #expect(first.errors.hasPrefix("'10.1.0.3:8080' of service 'default/web', '[fd01::2]:53' of service "))
        #expect(first.errors.hasSuffix("\n2 services: 2 created\n"))
        let second = try apply(Self.services.replacingOccurrences(of: "weight: 2", with: "weight: 3, local: false"))
        #expect(second.output == "service default/dns:dns unchanged\nservice default/web configured\n")
        #expect(second.errors.hasPrefix("'10.1.0.3:8080' of service 'default/web': no route of the dataplane says "))
        #expect(second.errors.hasSuffix("\n2 services: 1 configured, 1 unchanged\n"))
        #expect(try tool.output(of: "service get default/web").contains("10.0.0.1:8080       3  no     active\n"))
    }

    @Test func quietlyOnlyWhatChangesIsTold() throws {
        let text =
            Self.services + "- name: default/none\n  frontends: [{kind: node-port, port: 30101, protocol: tcp}]\n"
        let first = try apply(text, "-q")
        #expect(first.output == "default/dns:dns\ndefault/none\ndefault/web\n")
        #expect(first.errors.contains("service 'default/none' has no active backend"))
        #expect(!first.errors.contains("3 services:"))
        let again = try apply(text, "-q")
        #expect(again.code == .success)
        #expect(again.output + again.errors == "")
        let changed = try apply(text.replacingOccurrences(of: "affinitySeconds: 60", with: "affinitySeconds: 61"), "-q")
        #expect(changed.output == "default/web\n")
        #expect(changed.errors.split(separator: "\n").count == 1, "\(changed.errors)")
        #expect(try apply(text, "-o name").output == "default/dns:dns\ndefault/none\ndefault/web\n")
    }

    @Test func whereABackendIsIsFoundInTheRoutesUnlessTheFileSaysSo() throws {
        _ = try apply(Self.services)
        #expect(try tool.output(of: "backend list default/web").contains("10.0.0.1:8080       2  yes    active"))
        #expect(try tool.output(of: "backend list default/web").contains("10.1.0.3:8080       1  no     draining"))
    }

    @Test(arguments: ["", "-o json"])
    func whatIsExportedIsUnchangedWhenItIsApplied(format: String) throws {
        _ = try apply(Self.services)
        _ = try tool.run("service set default/empty --vip 10.96.0.12:80/tcp")
        let exported = try tool.output(of: "service export \(format)")
        #expect(format.isEmpty == exported.hasPrefix("apiVersion: ebpfctl/v1\nkind: ServiceList\nitems:\n- name: "))
        let run = try apply(exported, "--prune")
        #expect(
            run.output == """
                service default/dns:dns unchanged
                service default/empty unchanged
                service default/web unchanged

                """)
        #expect(try tool.output(of: "service export \(format)") == exported)
    }

    @Test func exportingNamesPrintsTheseAlone() throws {
        _ = try apply(Self.services)
        let one = try tool.output(of: "service export default/dns")
        #expect(one.contains("- name: default/dns:dns\n"))
        #expect(!one.contains("default/web"))
        #expect(try tool.output(of: "service export default/dns -q") == "default/dns:dns\n")
        #expect(try tool.run("service export default/web default/nothing").code == .notFound)
    }

    @Test func pruningDeletesWhatTheFileDoesNotName() throws {
        _ = try apply(Self.services)
        let none = "apiVersion: ebpfctl/v1\nkind: ServiceList\nitems: []\n"
        #expect(try apply(none).output == "")
        #expect(
            try apply(none, "--prune --dry-run -o name").output == "default/dns:dns\ndefault/web\n")
        #expect(
            try apply(none, "--prune").output == "service default/dns:dns deleted\nservice default/web deleted\n")
        #expect(try tool.output(of: "service list -q") == "")
    }

    @Test func nothingIsChangedWhenAnyServiceCannotBe() throws {
        _ = try tool.output(of: "service set default/old --node-port 30080/tcp --backend 10.1.0.9:80")
        let before = try tool.output(of: "service export")
        let taken = try apply(Self.services)
        #expect(taken.code == .failure)
        #expect(
            taken.errors == """
                ebpfctl: cannot use frontend '*:30080/tcp': service 'default/old' has it
                hint: look at it with 'ebpfctl service get default/old \(tool.location)'

                """)
        let misspelt = try apply(Self.services.replacingOccurrences(of: "algorithm", with: "algorythm"))
        #expect(misspelt.code == .usage)
        #expect(
            misspelt.errors == """
                ebpfctl: cannot read '\(file.path):15:3': unknown key 'algorythm': must be name, frontends, \
                algorithm, affinitySeconds, externalPolicy, internalPolicy, sourceRanges or backends
                hint: see how services are written with 'ebpfctl service export \(tool.location)'

                """)
        #expect(try tool.output(of: "service export") == before)
    }

    @Test func aFrontendMayMoveFromOneServiceOfTheFileToAnother() throws {
        _ = try apply(Self.services)
        let moved = Self.services.replacingOccurrences(of: "default/web", with: "default/shop")
        #expect(try apply(moved).code == .failure)
        #expect(
            try apply(moved, "--prune").output == """
                service default/dns:dns unchanged
                service default/shop created
                service default/web deleted

                """)
    }

    @Test func ofManyServicesWithoutBackendsAFewAreNamed() throws {
        let items = (1...5).map { number in
            "- name: default/s\(number)\n  frontends: [{kind: node-port, port: 3010\(number), protocol: tcp}]\n"
        }
        let run = try apply("apiVersion: ebpfctl/v1\nkind: ServiceList\nitems:\n" + items.joined())
        #expect(
            run.errors == """
                5 services have no active backend, so their clients are refused: 'default/s1', 'default/s2', \
                'default/s3' and 2 more
                5 services: 5 created

                """)
    }
}

/// A file that goes with its owner.
final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.path + "/doc-\(UUID().uuidString.prefix(8))"

    func write(_ text: String) throws { try Filesystem.write(text, to: path, creating: true) }

    deinit { try? Filesystem.removeFile(path) }
}
