// SPDX-License-Identifier: Apache-2.0

import Rendering

/// The command line.
struct Wish {
    /// All of them if empty.
    var sections: Set<String> = []
    var format = OutputFormat.table
    var rounds: Int?
    var isHelp = false

    static var usage: String {
        let names = Benchmarks.sections.map { "  \($0.name)\n      \($0.summary)" }.joined(separator: "\n")
        return "usage: Benchmarks [SECTION]... [-o table|json|yaml] [--rounds N]\nsections:\n\(names)"
    }

    init(_ words: [String]) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help": isHelp = true
            case "-o":
                guard let value = rest.popFirst(), let format = OutputFormat(rawValue: value) else {
                    throw BenchmarkError.unknownWord(word)
                }
                self.format = format
            case "--rounds":
                guard let value = rest.popFirst().flatMap({ Int($0) }), value > 0 else {
                    throw BenchmarkError.unknownWord(word)
                }
                rounds = value
            default:
                guard Benchmarks.sections.contains(where: { $0.name == word }) else {
                    throw BenchmarkError.unknownWord(word)
                }
                sections.insert(word)
            }
        }
    }
}
