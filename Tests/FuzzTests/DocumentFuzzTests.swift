// SPDX-License-Identifier: Apache-2.0

import Testing
import YAML

/// Bytes that were YAML or JSON once, or might become it.
@Suite struct DocumentFuzzTests {
    private static let workers: UInt64 = 2

    @Test(arguments: 0..<workers) func everyDocumentIsReadOrRefusedAtItsPlace(worker: UInt64) {
        FuzzRun.cases("everyDocumentIsReadOrRefusedAtItsPlace", 250_000, worker: worker, of: Self.workers) { fuzzCase in
            var chance = Chance(fuzzCase)
            let bytes = Self.document(&chance)
            do throws(ReadError) {
                for document in try DocumentReader.readAll(bytes, limits: Self.limits) {
                    var leaves = 0
                    walk(document, &leaves)
                    if leaves > Self.limits.nodes { fuzzCase.report("\(leaves) values in \(bytes)") }
                }
            } catch {
                let lines = bytes.count { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") || $0 >= 0x80 } + 1
                if error.mark.line < 1 || error.mark.column < 1 || error.mark.line > lines + 1 {
                    fuzzCase.report("\(error) in \(bytes)")
                }
            }
        }
    }

    /// Meets every scalar and asks what it means, as whoever reads a document does.
    private func walk(_ node: Node, _ leaves: inout Int) {
        switch node.content {
        case .scalar:
            _ = node.value
            leaves += 1
        case .sequence(let items): for item in items { walk(item, &leaves) }
        case .mapping(let entries): for entry in entries { walk(entry.value, &leaves) }
        }
    }

    /// Small ones, so that they are met.
    private static let limits = ReadLimits(bytes: 4096, depth: 16, nodes: 1000)

    private static func document(_ chance: inout Chance) -> [UInt8] {
        switch chance.below(10) {
        case 0: return chance.bytes(chance.below(60))
        case 1: return (0..<chance.below(30)).flatMap { _ in chance.pick(tokens) }
        case 2: return Array(repeating: chance.pick(tokens), count: chance.below(2000)).flatMap { $0 }
        default: return chance.mutated(chance.pick(samples), with: tokens)
        }
    }

    private static let tokens: [[UInt8]] =
        [
            "&a ", "*a", "<<: *a\n", "- ", ": ", "? ", "{", "}", "[", "]", ",", "\"", "'", "|\n", ">-\n", "\t", "\n",
            "\r",
            "  ", "%YAML 1.1\n", "---\n", "...\n", "!!int ", "!!str ", "!<x> ", "! ", "#", "\\u0000", "\\x", "\u{feff}",
            "0x",
            "1e999", ".inf", "~", "yes", "0o7", "-0", "key: value\n", "\u{0}", "\u{85}", "\u{2028}", "😀", "name",
        ].map { Array($0.utf8) } + [[0xff, 0xfe], [0xc3], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]

    private static let samples: [[UInt8]] = [
        """
        apiVersion: ebpfctl/v1
        kind: ServiceList
        items:
        - name: default/web
          frontends: [{address: 10.96.0.10, port: 80, protocol: tcp}]
          backends:
          - {address: 10.1.0.2, port: 8080, weight: 1, local: true}
          affinitySeconds: 10800

        """,
        #"{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80,"protocol":"TCP"}],"clusterIP":"None"}}"#,
        "a: &a {b: &b [1, 2, *a], c: *b}\n---\n<<: {x: y}\nz: !!float 1\n",
        "list:\n- on\n- \"on\"\n- |\n  text\n   more\n- >\n  folded\n\n  text\n- 'it''s'\n? complex\n: value\n",
    ].map { Array($0.utf8) }
}
