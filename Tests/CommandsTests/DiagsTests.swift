// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import LinuxSystem
import TestSupport
import Testing

@testable import Commands

/// One archive with what support needs, whatever state the node is in.
@Suite struct DiagsTests {
    /// A directory for one archive, removed when dropped.
    private final class Scratch {
        let path = FileManager.default.temporaryDirectory.path + "/diags-\(UUID().uuidString.prefix(8))"

        init() throws { try Filesystem.makeDirectory(path) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var archive: String { "\(path)/out.tar.gz" }

        /// Unpacks, and returns the names of the files without the directory they are all in.
        func unpack() throws -> [String] {
            let result = try LinuxSystem.Command("/bin/tar", ["-xzf", archive, "-C", path, "--strip-components=1"])
                .run(until: Deadline(after: .seconds(20)))
            #expect(result.outcomeText == "")
            return try Filesystem.list(path).filter { $0 != "out.tar.gz" }
        }

        func items() throws -> [[String: Any]] {
            let data = try Data(contentsOf: URL(filePath: "\(path)/manifest.json"))
            let manifest = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
            #expect(manifest["kind"] as? String == "Diagnostics")
            return try #require(manifest["items"] as? [[String: Any]])
        }

        /// What the manifest says of a file.
        func item(_ name: String) throws -> [String: Any] {
            try #require(try items().first { $0["name"] as? String == name })
        }
    }

    @Test(.needsKernel) func theArchiveOfAnEnabledNodeHoldsEveryListOfTheTool() throws {
        let (tool, scratch) = (try ToolNode(), try Scratch())
        _ = try tool.output(of: ToolNode.enable)
        _ = try tool.output(of: "service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:80")
        let run = try tool.run("diags -f \(scratch.archive)")
        #expect(run.code == .success)
        #expect(run.errors == "")
        #expect(run.output.hasPrefix("File:      \(scratch.archive)\nSize:      "))
        let names = try scratch.unpack()
        let lists = Tool.commands.map { $0.spec }.filter { $0.verb == "list" }.map {
            $0.path.split(separator: " ").joined(separator: "-") + ".json"
        }
        for name in lists + ["status.json", "check.json", "manifest.json", "kernel.txt", "sysctls.txt", "ip-link.txt"] {
            #expect(names.contains(name), "\(name) is missing")
        }
        let services = try Filesystem.readText("\(scratch.path)/service-list.json")
        #expect(services.contains("\"name\": \"default/web\""))
        let sysctls = try Filesystem.readText("\(scratch.path)/sysctls.txt")
        #expect(sysctls.contains("net/ipv4/ip_forward = 1\n"))
        #expect(sysctls.contains("net/ipv4/conf/up0/rp_filter = "))
        #expect(try scratch.item("status.json")["gathered"] as? Bool == true)
    }

    @Test(.needsKernel) func withoutADataplaneTheManifestSaysWhatIsMissingAndWhy() throws {
        let (tool, scratch) = (try ToolNode(), try Scratch())
        let run = try tool.run("diags -f \(scratch.archive)")
        #expect(run.code == .success)
        #expect(
            run.output.contains(
                " files: cannot open the dataplane under '\(tool.bpffs.path)': it is not enabled\n"))
        let names = try scratch.unpack()
        #expect(!names.contains("service-list.json"))
        #expect(names.contains("interface-list.json"))
        let item = try scratch.item("service-list.json")
        #expect(item["gathered"] as? Bool == false)
        #expect(item["exitCode"] as? Int == 3)
        #expect(
            item["message"] as? String == "cannot open the dataplane under '\(tool.bpffs.path)': it is not enabled")
    }

    @Test func withoutCapabilitiesThereIsAnArchiveAllTheSame() throws {
        let scratch = try Scratch()
        let run = ToolRun(
            "diags -f \(scratch.archive) -o json --bpffs /nonexistent", capabilities: CapabilitySet(bits: 0))
        #expect(run.code == .success)
        #expect(run.output.contains("\"file\": \"\(scratch.archive)\""))
        let line = "ebpfctl diags -f \(scratch.archive) -o json --bpffs /nonexistent"
        #expect(run.errors == "parts of it need root; run it as root: 'sudo \(line)'\n")
        #expect(try scratch.unpack().contains("kernel.txt"))
        #expect(
            try scratch.item("check.json")["message"] as? String
                == "cannot run 'check': CAP_NET_ADMIN and CAP_BPF are missing (EPERM)")
    }

    @Test func theArchiveIsItsOwnersAloneAndNothingElseIsLeft() throws {
        let scratch = try Scratch()
        _ = ToolRun("diags -q -f \(scratch.archive)", capabilities: CapabilitySet(bits: 0))
        let attributes = try FileManager.default.attributesOfItem(atPath: scratch.archive)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try Filesystem.list(scratch.path) == ["out.tar.gz"])
    }

    @Test func aPlaceThatCannotBeWrittenToIsNamed() {
        let run = ToolRun("diags -f /nonexistent/a.tar.gz", capabilities: CapabilitySet(bits: 0))
        #expect(run.code == .failure)
        #expect(run.output == "")
        #expect(run.errors == "ebpfctl: cannot write '/nonexistent/a.tar.gz': no such file or directory (ENOENT)\n")
    }

    /// What may hold secrets is not even looked at.
    @Test func noEnvironmentAndNoCommandLineIsGathered() {
        let origins = DiagsSource.all.map(\.origin)
        for word in ["environ", "cmdline", "/etc/kube", "/root", "config.json", "nft", "iptables"] {
            #expect(!origins.contains { $0.contains(word) })
        }
    }
}

extension ProcessOutput {
    /// What it said when it failed.
    fileprivate var outcomeText: String { status.isSuccess ? "" : errorText }
}
