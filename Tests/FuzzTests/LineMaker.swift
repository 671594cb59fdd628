// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Commands
import LinuxSystem
import Rendering

/// Makes command lines out of the command table.
enum LineMaker {
    private static let table = Tool.table

    private static let vocabulary: [String] =
        table.nouns.flatMap(\.spellings) + table.commands.flatMap(\.spellings)
        + (table.commands.flatMap(\.options) + table.globalOptions).flatMap { option in
            ["--\(option.name)", "--\(option.name)=x"] + (option.short.map { ["-\($0)", "-\($0)x"] } ?? [])
        } + oddWords + values

    private static let oddWords = [
        "", " ", "-", "--", "---", "-=", "--=", "-5", "-qv", "-qojson", "\u{0}", "é", "-é", "--é=ü", "👨‍👩‍👧", "-\u{301}",
        "=\u{301}", "--output=\u{301}", "\r\n", "\u{1B}[1m", "\u{202E}", "'", "\"", "$(x)", "\\", "*",
    ]

    /// Texts that some option or argument would take.
    private static let values = [
        "10.96.0.10:80/tcp", "[fd00::a]:53/udp", "10.1.0.2:8080", "10.1.0.2:8080,weight=2,local",
        "[fd01::2]:53,weight=3",
        "default/web", "default/web:http", "kube-system/dns:dns-tcp", "10s", "1h30m", "250ms", "0", "-1", "1", "65535",
        "65536", "18446744073709551616", "30080/tcp", "30000-32767", "10.0.0.0/8", "0.0.0.0/0", "fd00::/64", "::/0",
        "::1",
        "::ffff:10.0.0.1", "10.0.0.1", "256.1.1.1", "10.0.0.0/33", "tcp,10.0.0.1:3333,10.96.0.10:80", "tcp", "udp",
        "sctp", ":80", "10.0.0.0/8:80", "[fd00::/8]:443", "eth0", "cali*", "connections=4096", "slots=1", "random",
        "maglev", "cluster", "local", "established", "age", "from_workload_v4", "connect4", "ingress", "/dev/null",
        "/nonexistent", "json", "a=b=c", String(repeating: "a", count: 300), String(repeating: "9", count: 70),
    ]

    private static let pieces: [[UInt8]] =
        [
            "", "/", ":", ",", "=", ".", "-", "[", "]", "%", "0", "9", "f", "::", "weight=", "\u{0}", "\u{7f}", "ü",
            "\u{202e}",
        ]
        .map { Array($0.utf8) } + [[0xff], [0xc3], [0xed, 0xa0, 0x80]]

    /// A few words in any order.
    static func randomWords(_ chance: inout Chance) -> [String] {
        (0..<chance.below(9)).map { _ in
            let word = chance.pick(vocabulary)
            return chance.once(in: 10) ? mutated(word, &chance) : word
        }
    }

    /// A command with options and arguments of its own, most of them well-formed.
    static func nearlyRight(_ chance: inout Chance, of commands: [CommandSpec] = table.commands) -> [String] {
        let command = chance.pick(commands)
        var words = command.path.split(separator: " ").map(String.init)
        for option in command.options where option.isRequired || chance.once(in: 4) { add(option, to: &words, &chance) }
        if chance.once(in: 8) { add(chance.pick(table.globalOptions), to: &words, &chance) }
        for argument in command.arguments {
            let count = argument.arity == .one ? 1 : chance.below(3)
            for _ in 0..<count {
                words.insert(value(argument.value, &chance), at: chance.once(in: 3) ? words.count : min(2, words.count))
            }
        }
        if chance.once(in: 20) { words.append(chance.pick(vocabulary)) }
        return words
    }

    private static func add(_ option: OptionSpec, to words: inout [String], _ chance: inout Chance) {
        guard let spec = option.value else { return words.append("--\(option.name)") }
        let text = value(spec, &chance)
        if chance.once(in: 3) { words.append("--\(option.name)=\(text)") } else { words += ["--\(option.name)", text] }
    }

    private static func value(_ spec: ValueSpec, _ chance: inout Chance) -> String {
        let fitting = spec.allowed.flatMap { chance.once(in: 10) ? nil : $0 } ?? values
        let text = chance.pick(fitting)
        // A file is one that is empty or none: what is read from it is another fuzzer's business.
        if spec.kind == .file { return chance.pick(["/dev/null", "/nonexistent", "/"]) }
        return chance.once(in: 4) ? mutated(text, &chance) : text
    }

    private static func mutated(_ text: String, _ chance: inout Chance) -> String {
        String(decoding: chance.mutated(Array(text.utf8), with: pieces), as: UTF8.self)
    }

    /// The commands that do nothing at all for want of capabilities, found by trying their examples.
    static let commandsThatAreRefused = table.commands.filter { command in
        let lines = command.examples.map { $0.command.split(separator: " ").dropFirst().map(String.init) }
        return command.exitCodes.contains { $0.code == .notPermitted }
            && lines.allSatisfy { words in
                let surroundings = Surroundings(
                    output: MemorySink(), errors: MemorySink(), capabilities: CapabilitySet(bits: 0))
                let isPlain = !words.contains { $0.contains { "'\"|<>;$\\".contains($0) } }
                return !isPlain || Tool.run(words, in: surroundings) == .notPermitted
            }
    }
}
