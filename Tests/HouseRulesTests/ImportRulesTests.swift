// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The arrows of `docs/architecture.md`: what each target may import of ours, and of the system and Swift.
private let allowedImports: [String: Set<String>] = [
    "ebpfctl": ["Commands", "Glibc"],
    "Benchmarks": [
        "BPFImages", "BPFRuntime", "CDataplaneABI", "Commands", "Dataplane", "DataplaneModel", "Glibc", "Lab",
        "LinuxSystem", "PacketBuilder", "Rendering",
    ],
    "Commands": [
        "BPFRuntime", "CommandLineKit", "Dataplane", "DataplaneModel", "Eligibility", "Glibc", "Kubernetes", "Lab",
        "LinuxSystem", "Rendering", "Synchronization", "Topology", "YAML",
    ],
    "CommandLineKit": [],
    // The events of YAML: objects are read as they come, no tree of a long list is made.
    "Kubernetes": ["DataplaneModel", "YAML"],
    "Rendering": ["YAML"],
    "YAML": ["CLibYAML"],
    "DataplaneModel": [],
    "Eligibility": ["BPFImages", "BPFRuntime", "DataplaneModel", "LinuxSystem", "Topology"],
    "Dataplane": ["BPFImages", "BPFRuntime", "CDataplaneABI", "DataplaneModel", "LinuxSystem", "Topology"],
    "Lab": ["DataplaneModel", "Glibc", "LinuxSystem", "Synchronization"],
    "Topology": ["DataplaneModel", "LinuxSystem"],
    "BPFRuntime": ["Synchronization", "CLibBPF", "CLinuxShim", "Glibc", "LinuxSystem"],
    "LinuxSystem": ["Synchronization", "CLibNL", "CLinuxShim", "DataplaneModel", "Glibc"],
    "BPFImages": ["CLibZ"],
    "Plugins": ["CLibZ", "Foundation", "PackagePlugin"],
]

/// Targets that may hold pointers: YAML because libyaml's parser is driven through them, BPFImages for zlib.
private let unsafeTargets: Set<String> = ["BPFImages", "BPFRuntime", "LinuxSystem", "YAML"]

@Suite struct ImportRulesTests {
    @Test func everyImportIsAnArrowOfTheArchitecture() throws {
        for file in try SourceTree.files(in: "Sources", endings: [".swift"]) {
            let allowed = try #require(allowedImports[file.target], "no rule for \(file.path)")
            for line in file.lines {
                guard let module = importedModule(line) else { continue }
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func everyRuleIsAboutATargetThatExists() throws {
        let targets = Set(try SourceTree.files(in: "Sources", endings: [".swift"]).map(\.target))
        #expect(Set(allowedImports.keys) == targets)
    }

    @Test func pointersStayInTheLowestLayer() throws {
        for file in try SourceTree.files(in: "Sources", endings: [".swift"])
        where !unsafeTargets.contains(file.target) && file.target != "Plugins" {
            for (number, line) in file.lines.enumerated() where code(of: line).contains("Unsafe") {
                Issue.record("\(file.path):\(number + 1) names a pointer")
            }
        }
    }
}

/// The module of a line such as `package import LinuxSystem`.
private func importedModule(_ line: Substring) -> String? {
    let words = line.split(separator: " ")
    guard let index = words.firstIndex(of: "import"), index <= 2, words.count > index + 1 else { return nil }
    let levels: Set<Substring> = ["package", "internal", "private", "fileprivate", "public", "@testable"]
    guard words[..<index].allSatisfy(levels.contains) else { return nil }
    return String(words[index + 1].prefix { $0 != "." })
}

/// The line without its comment.
func code(of line: Substring) -> Substring {
    let trimmed = line.drop { $0 == " " }
    if trimmed.hasPrefix("//") { return "" }
    guard let comment = line.range(of: " //") else { return line }
    return line[..<comment.lowerBound]
}
