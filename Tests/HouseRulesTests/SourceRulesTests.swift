// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite struct SourceRulesTests {
    private static let endings = [".swift", ".c", ".h", ".bpf.c", ".bpf.h", ".modulemap"]

    @Test func everySourceFileNamesItsLicence() throws {
        let sources = try SourceTree.files(in: "Sources", endings: Self.endings)
        let tests = try SourceTree.files(in: "Tests", endings: Self.endings)
        for file in sources + tests {
            let head = file.lines.prefix(2).joined(separator: "\n")
            let isKernelCode =
                file.path.contains("/BPF/")
                || file.path.contains("/CDataplaneABI/")
                    && !file.path.hasSuffix(".modulemap")
            let licence = isKernelCode ? "GPL-2.0-only OR BSD-2-Clause" : "Apache-2.0"
            #expect(head.contains("SPDX-License-Identifier: \(licence)"), "\(file.path)")
        }
    }

    @Test(arguments: ["fatalError(", "try!", "preconditionFailure(", "as!", "TODO", "FIXME", "XXX", "HACK"])
    func sourcesDoNotContain(word: String) throws {
        for file in try SourceTree.files(in: "Sources", endings: [".swift"]) {
            for (number, line) in file.lines.enumerated() where line.contains(word) {
                Issue.record("\(file.path):\(number + 1) contains \(word)")
            }
        }
    }

    @Test(arguments: ["print(", "FileHandle"])
    func onlyTheExecutableWritesToStandardStreams(word: String) throws {
        for file in try SourceTree.files(in: "Sources", endings: [".swift"]) where file.target != "Plugins" {
            for (number, line) in file.lines.enumerated() where code(of: line).contains(" \(word)") {
                Issue.record("\(file.path):\(number + 1) contains \(word)")
            }
        }
    }

    @Test func theEntryPointIsAtMostFortyLines() throws {
        let entry = try SourceTree.text("Sources/ebpfctl/main.swift")
        #expect(entry.split(separator: "\n", omittingEmptySubsequences: false).count <= 41)
    }

    @Test func kernelCodeIsIndentedByTabsAndAtMostAHundredColumnsWide() throws {
        for file in try SourceTree.files(in: "Sources/BPFImages/BPF", endings: [".c", ".h"]) {
            for (number, line) in file.lines.enumerated() {
                let width = line.reduce(0) { $1 == "\t" ? ($0 / 8 + 1) * 8 : $0 + 1 }
                #expect(width <= 100, "\(file.path):\(number + 1) is \(width) columns wide")
                #expect(!line.hasPrefix("    "), "\(file.path):\(number + 1) is indented by spaces")
            }
        }
    }

    @Test func namesThatSayNothingDoNotOccur() throws {
        for file in try SourceTree.files(in: "Sources", endings: Self.endings) {
            let name = URL(filePath: file.path).lastPathComponent
            for word in ["Utils", "Helper", "Manager", "Common", "Misc"] {
                #expect(!name.contains(word), "\(file.path)")
            }
        }
    }
}
