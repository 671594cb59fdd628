// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackagePlugin

/// Compiles every `BPF/*.bpf.c` of the target once for IPv4 and once for IPv6 and embeds the objects as Swift source.
///
/// The compiler is the Swift toolchain's own clang, which has the BPF back-end, so a build needs no second one.
/// Every header a program may include is an input of every command: editing a shared header rebuilds all of them.
@main
struct EmbedBPF: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let clang = try context.tool(named: "clang").url
        let embed = try context.tool(named: "bpf-embed").url
        let sources = target.directoryURL.appending(path: "BPF")
        let abi = context.package.directoryURL.appending(path: "Sources/CDataplaneABI/include")
        let headers = try files(in: sources, ending: ".h") + files(in: abi, ending: ".h")
        return try files(in: sources, ending: ".bpf.c").flatMap { source in
            [4, 6].map { family in
                let name = imageName(of: source, family: family)
                let output = context.pluginWorkDirectoryURL.appending(path: "\(name)+Image.swift")
                return .buildCommand(
                    displayName: "Compiling \(source.lastPathComponent) for IPv\(family)",
                    executable: embed,
                    arguments: [
                        clang.path, source.path, String(family), name, output.path, target.name, abi.path,
                    ],
                    inputFiles: [source] + headers,
                    outputFiles: [output])
            }
        }
    }

    private func files(in directory: URL, ending suffix: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(suffix) }
            .sorted { $0.path < $1.path }
    }

    /// `from_workload.bpf.c` for IPv6 is `fromWorkloadV6`.
    private func imageName(of source: URL, family: Int) -> String {
        let words = source.lastPathComponent.dropLast(".bpf.c".count).split(separator: "_")
        let camel = words.dropFirst().reduce(String(words.first ?? "")) { $0 + $1.capitalized }
        return "\(camel)V\(family)"
    }
}
