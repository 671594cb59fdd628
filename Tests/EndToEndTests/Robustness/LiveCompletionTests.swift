// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import LinuxSystem
import Testing

extension EndToEnd {
    /// What real shells offer for lines of the real table, on a node that serves.
    @Suite(.servingLab) struct LiveCompletionTests {
        private let lab: HandmadeLab

        init() throws { lab = try .shared() }

        /// A shell that has read the script which the tool prints, and offers what fits each line it is given.
        struct Prober: Sendable, CustomTestStringConvertible {
            let shell: String
            let script: String

            var testDescription: String { shell }
        }

        static let probers = [
            Prober(
                shell: "bash",
                script: #"""
                    source <(ebpfctl completion bash)
                    for line; do
                        COMPREPLY=() COMP_LINE=$line COMP_POINT=${#line}
                        _ebpfctl ebpfctl
                        printf '== %s\n' "$line"
                        ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
                    done
                    """#),
            Prober(
                shell: "fish",
                script: #"""
                    ebpfctl completion fish | source
                    for line in $argv
                        echo "== $line"
                        complete -C "$line" | string replace -r '\t.*' ''
                    end
                    """#),
        ]

        @Test(arguments: probers) func everyNounVerbAndOptionIsOffered(prober: Prober) throws {
            let table = ToolLine.table
            let nouns = table.nouns.flatMap { noun in noun.spellings.map { ("ebpfctl \($0) ", noun) } }
            let commands = table.commands.map { ("ebpfctl \($0.path) --", $0) }
            let offered = try offers(of: prober, for: ["ebpfctl "] + nouns.map(\.0) + commands.map(\.0))
            let first = table.nodeCommands.map(\.verb) + table.nouns.map(\.name)
            #expect(offered["ebpfctl "] == Set(first))
            for (line, noun) in nouns { #expect(offered[line] == Set(table.commands(of: noun).map(\.verb)), "\(line)") }
            for (line, command) in commands {
                let options = (command.options + table.globalOptions).filter { !$0.isHidden }.map(\.longForm)
                #expect(offered[line] == Set(options), "\(line)")
            }
        }

        @Test(arguments: probers) func everyEnumeratedValueIsOffered(prober: Prober) throws {
            let lines = ToolLine.table.commands.flatMap { command in
                (command.options + ToolLine.table.globalOptions).compactMap { option in
                    option.value?.allowed.map { ("ebpfctl \(command.path) \(option.longForm) ", $0) }
                }
            }
            #expect(lines.count > 40)
            let offered = try offers(of: prober, for: lines.map(\.0))
            for (line, values) in lines { #expect(offered[line] == Set(values), "\(line)") }
        }

        /// Services, interfaces, programs and whatever else a later command asks the tool for.
        @Test(arguments: probers) func whatIsOnTheNodeIsOfferedByAskingTheTool(prober: Prober) throws {
            var lines: [(line: String, listing: [String])] = []
            for command in ToolLine.table.commands {
                if let value = command.arguments.first?.value, case .live(let words) = value.kind {
                    lines.append(("ebpfctl \(command.path) ", words))
                }
                for option in command.options {
                    guard let value = option.value, case .live(let words) = value.kind else { continue }
                    lines.append(("ebpfctl \(command.path) \(option.longForm) ", words))
                }
            }
            #expect(lines.count > 8)
            let offered = try offers(of: prober, for: lines.map(\.line))
            for (line, listing) in lines {
                let names = try lab.succeed(listing).text.split(separator: "\n").map(String.init)
                #expect(offered[line] == Set(names), "\(line)")
            }
            #expect(offered["ebpfctl service get "] == ["default/echo"])
            #expect(offered["ebpfctl route add --local "]?.isSuperset(of: ["eth0", "h1", "h2", "h3"]) == true)
        }

        /// The replies to each line, in a mount namespace in which the node's bpffs is at its usual place.
        private func offers(of prober: Prober, for lines: [String]) throws -> [String: Set<String>] {
            let setup = "mount --bind \(lab.bpffs) /sys/fs/bpf; export PATH=\(binaries):$PATH; exec \"$@\""
            let shell =
                prober.shell == "fish"
                ? ["fish", "--no-config", "-c", prober.script]
                : [
                    "bash", "--norc", "-c", prober.script, "bash",
                ]
            let command = Command("/usr/bin/unshare", ["-m", "sh", "-c", setup, "sh"] + shell + lines)
            let result = try lab.start(command, on: .node).collect(
                limit: 16 << 20, until: Deadline(after: .seconds(300)))
            try #require(result.status.isSuccess, "\(result.outcome)")
            var offered: [String: Set<String>] = [:]
            var current = ""
            for reply in result.text.split(separator: "\n").map(String.init) {
                if reply.hasPrefix("== ") {
                    current = String(reply.dropFirst(3))
                    offered[current] = []
                } else {
                    offered[current]?.insert(reply.filter { $0 != "\\" })
                }
            }
            return offered
        }

        private var binaries: String {
            String(Tool.path.prefix(upTo: Tool.path.lastIndex(of: "/") ?? Tool.path.startIndex))
        }
    }
}
