// SPDX-License-Identifier: Apache-2.0

import Commands
import Glibc
import Rendering

/// What `swift run -c release Benchmarks` runs: `docs/performance.md` is made of its tables.
@main
enum Benchmarks {
    /// The parts, in the order in which they run when none is named.
    static var sections: [any BenchmarkSection.Type] {
        [
            ProgramSection.self, CostSection.self, BulkSection.self, ObjectSection.self, DumpSection.self,
            ConnectBenchmark.self, ShortConnectionBenchmark.self, StreamBenchmark.self, RoundTripBenchmark.self,
            NodePortBenchmark.self,
        ]
    }

    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        do {
            if let status = try TrafficProgram.run(words) ?? DumpRun.run(words) { exit(status) }
            let wish = try Wish(words)
            guard !wish.isHelp else { return say(Wish.usage) }
            guard geteuid() == 0 else { throw BenchmarkError.notRoot }
            let renderer = Renderer(
                options: OutputOptions(format: wish.format), sink: DescriptorSink(STDOUT_FILENO))
            for section in sections where wish.sections.isEmpty || wish.sections.contains(section.name) {
                say("\(section.name): \(section.summary)")
                try renderer.list(section.run(rounds: wish.rounds ?? section.rounds))
            }
        } catch {
            say("Benchmarks: \(error)")
            exit(1)
        }
    }
}

/// One part of the benchmark, with a lab of its own.
protocol BenchmarkSection {
    static var name: String { get }
    static var summary: String { get }
    /// How often everything is measured unless the command line says otherwise.
    static var rounds: Int { get }

    static func run(rounds: Int) throws -> [Measurement]
}

enum BenchmarkError: Error, CustomStringConvertible {
    case notRoot
    case unknownWord(String)
    /// A lab did not do what a benchmark relies on.
    case broken(String)

    var description: String {
        switch self {
        case .notRoot: "needs root to load programs and make namespaces"
        case .unknownWord(let word): "unknown word '\(word)'\n\(Wish.usage)"
        case .broken(let what): what
        }
    }
}

/// Progress and complaints, beside the results.
func say(_ text: String) {
    try? DescriptorSink(STDERR_FILENO).write(Array("\(text)\n".utf8).span)
}
