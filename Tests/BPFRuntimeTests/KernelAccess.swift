// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

/// Whether tests may load programs; without root they are skipped with a reason, unless the environment insists.
enum KernelAccess {
    static let isRequired = ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
    static let isGranted = isRequired || geteuid() == 0
}

extension Trait where Self == ConditionTrait {
    static var needsKernel: Self {
        .enabled(if: KernelAccess.isGranted, "needs root to load BPF programs")
    }
}

/// A bpffs of its own in a temporary directory; unmounted and removed when dropped.
final class PrivateBPFFS {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/bpffs-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let result = unsafe mount("bpf", path, "bpf", 0, nil)
        try #require(result == 0, "cannot mount a bpffs, errno \(errno)")
    }

    deinit {
        unsafe umount2(path, 0)
        unsafe rmdir(path)
    }
}

/// Compiles BPF C with the toolchain's own compiler.
enum BPFCompiler {
    static func compile(_ source: String, debugInformation: Bool = true) throws -> [UInt8] {
        let base = FileManager.default.temporaryDirectory.path + "/bpf-\(UUID().uuidString)"
        let (input, output) = (base + ".bpf.c", base + ".o")
        defer { for path in [input, output] { try? FileManager.default.removeItem(atPath: path) } }
        let prelude = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
        let license = "\nchar _license[] SEC(\"license\") = \"Dual BSD/GPL\";\n"
        try (prelude + source + license).write(toFile: input, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["clang", "-target", "bpf", "-O2", "-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu"]
            + (debugInformation ? ["-g"] : []) + ["-c", input, "-o", output]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
    }
}

/// A cgroup of its own below the cgroup2 mount, wherever that is; removed when dropped.
final class PrivateCgroup {
    let path: String

    /// The kernel's number for it.
    let id: UInt64

    init() throws {
        let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
        let line = try #require(mounts.first { $0.contains(" - cgroup2 ") }, "no cgroup2 mount")
        path = line.split(separator: " ")[4] + "/test-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        id = try #require(attributes[.systemFileNumber] as? UInt64)
    }

    deinit {
        unsafe rmdir(path)
    }
}
