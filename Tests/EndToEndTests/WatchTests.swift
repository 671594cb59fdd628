// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

extension EndToEnd {
    /// Live views on a terminal of 80 columns, and what comes of them elsewhere.
    @Suite(.servingLab) struct WatchTests {
        private let lab: HandmadeLab

        init() throws {
            lab = try .shared()
        }

        /// Starts the tool on a terminal.
        private func start(_ words: [String], on terminal: PseudoTerminal) throws -> ChildProcess {
            var command = Command(Tool.path, words + lab.location)
            command.input = .file(terminal.path)
            command.output = .file(terminal.path)
            command.error = .file(terminal.path)
            command.environment = ["TERM": "xterm"]
            command.diesWithParent = false
            return try command.start(in: NetworkNamespace(named: lab.namespace(.node)))
        }

        /// Reads until the screen is as wanted.
        private func watch(
            _ terminal: PseudoTerminal, _ screen: inout ScreenReader, until condition: (ScreenReader) -> Bool
        ) throws -> Bool {
            let deadline = Deadline(after: Tool.patience)
            while !condition(screen) {
                let bytes = try terminal.read(until: deadline)
                if bytes.isEmpty { return false }
                screen.feed(bytes)
            }
            return true
        }

        /// Reads what is left when the tool has been told to end, and checks that the terminal is as it was.
        private func expectEnd(
            _ tool: ChildProcess, _ terminal: PseudoTerminal, _ screen: inout ScreenReader
        ) throws {
            #expect(try watch(terminal, &screen) { !$0.isAlternate && !$0.isCursorHidden })
            #expect(try tool.wait(until: Deadline(after: Tool.patience)) == .exited(0))
            #expect(terminal.echoes)
            #expect(screen.unknown == [])
        }

        @Test(arguments: [
            (["conntrack", "list"], "PROTO  SOURCE"), (["service", "list"], "NAME"), (["counter", "list"], "REASON"),
        ])
        func aTerminalIsRepaintedInPlaceAndGivenBack(words: [String], header: String) throws {
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 40))
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let tool = try start(words + ["--watch", "--interval", "200ms"], on: terminal)
            defer { tool.kill() }
            var screen = ScreenReader(columns: 80, rows: 24)
            #expect(try watch(terminal, &screen) { $0.pictures >= 3 })
            #expect(screen.isAlternate && screen.isCursorHidden && !terminal.echoes)
            #expect(!screen.hasOverflowed)
            let caption = "\(words.joined(separator: " ")): "
            #expect(screen.lines[0].hasPrefix(caption) && screen.lines[0].contains(", every 200ms, "))
            #expect(screen.lines[1] == "")
            #expect(screen.lines[2].hasPrefix(header))
            #expect(screen.lines.count > 3)
            tool.send(signal: SIGINT)
            try expectEnd(tool, terminal, &screen)
        }

        @Test func connectionsFitIntoEightyColumnsWithTheirWholeTuple() throws {
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 40))
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let tool = try start(["conntrack", "list", "-4", "--watch", "--interval", "100ms"], on: terminal)
            defer { tool.kill() }
            var screen = ScreenReader(columns: 80, rows: 24)
            #expect(try watch(terminal, &screen) { $0.pictures >= 3 })
            let titles = screen.lines[2].split(separator: " ")
            #expect(titles.starts(with: ["PROTO", "SOURCE", "DESTINATION", "BACKEND"]))
            #expect(screen.lines.last?.hasPrefix("… ") == true)
            for line in screen.lines.dropFirst(3).dropLast() {
                let words = line.split(separator: " ").map(String.init)
                try #require(words.count >= 4)
                #expect(words[0] == "tcp" || words[0] == "udp")
                #expect(words[1...3].allSatisfy { $0.contains(":") && !$0.contains("…") }, "\(line)")
            }
            tool.send(signal: SIGTERM)
            try expectEnd(tool, terminal, &screen)
        }

        @Test func aResizedWindowIsPaintedAnewAtOnceAndTheKeyQEnds() throws {
            let terminal = try PseudoTerminal(columns: 80, rows: 24)
            let tool = try start(["counter", "list", "--watch", "--interval", "1h"], on: terminal)
            defer { tool.kill() }
            var wide = ScreenReader(columns: 80, rows: 24)
            #expect(try watch(terminal, &wide) { $0.lines.count == 24 })
            terminal.resize(columns: 30, rows: 8)
            tool.send(signal: SIGWINCH)
            var narrow = ScreenReader(columns: 30, rows: 8)
            #expect(try watch(terminal, &narrow) { $0.lines.count == 8 })
            #expect(!narrow.hasOverflowed)
            #expect(narrow.lines[0].hasSuffix("…"))
            try terminal.press("q")
            try expectEnd(tool, terminal, &narrow)
        }

        @Test func elsewhereEachChangeIsALine() throws {
            let tool = try lab.startTool(
                ["conntrack", "list", "--watch", "--interval", "100ms", "--dst", ":80", "--proto", "udp"])
            defer { tool.kill() }
            _ = try lab.ask(Traffic("udp", to: HandmadeLab.virtualAddress, times: 3), outsideCgroup: true)
            let deadline = Deadline(after: Tool.patience)
            let header = try #require(try tool.readLine(until: deadline))
            #expect(header.split(separator: " ").prefix(3) == ["EVENT", "PROTO", "SOURCE"])
            var added: Set<String> = []
            while added.count < 3 {
                let words = try #require(try tool.readLine(until: deadline)).split(separator: " ").map(String.init)
                if words[0] == "added" { added.insert(words[2]) }
            }
            try lab.succeed("conntrack", "delete", "--dst", ":80", "--proto", "udp")
            var gone: Set<String> = []
            while gone != added {
                let words = try #require(try tool.readLine(until: deadline)).split(separator: " ").map(String.init)
                if words[0] == "gone" { gone.insert(words[2]) }
            }
            tool.send(signal: SIGINT)
            #expect(try tool.wait(until: deadline) == .exited(0))
        }

        /// As `| head -n 1` does; nothing happens that would have to be written.
        @Test(arguments: [
            ["service", "list", "--watch"], ["counter", "list", "--watch", "--interval", "1h"],
            ["trace", "--port", "1"],
        ])
        func whoeverHasReadEnoughEndsIt(words: [String]) throws {
            let line = ([Tool.path] + words + lab.location).joined(separator: " ")
            let inside = "nsenter --net=/run/netns/\(lab.namespace(.node)) \(line)"
            let said = try Shell.run("exec 3>&1; { \(inside); echo \"ended with $?\" >&3; } | head -n 1 >/dev/null")
            #expect(said == "ended with 0\n")
        }

        @Test func documentsOfAWatchedListAreOneALine() throws {
            let tool = try lab.startTool(["service", "list", "--watch", "--interval", "100ms", "-o", "json"])
            defer { tool.kill() }
            let deadline = Deadline(after: Tool.patience)
            func next() throws -> [String: Any] {
                let line = try #require(try tool.readLine(until: deadline))
                return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            let first = try next()
            #expect(first["event"] as? String == "added")
            #expect(first["kind"] as? String == "ServiceRate")
            #expect(first["name"] as? String == "default/echo")
            #expect(first["packetsPerSecond"] is NSNull)
            _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 50))
            var opened = 0.0
            while opened == 0 {
                let event = try next()
                #expect(event["event"] as? String == "changed")
                opened = event["connectionsPerSecond"] as? Double ?? 0
            }
            tool.send(signal: SIGINT)
            #expect(try tool.wait(until: deadline) == .exited(0))
        }
    }
}
