// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Lab
import LinuxSystem
import Synchronization
import Testing

/// A node on which the examples of the command table mean something, and the lines that work there.
struct WalkedNode {
    let lab: HandmadeLab
    /// One line for every command, changing nothing, that succeeds here, and what it prints; without the demo.
    let runs: [Run]

    struct Run: Sendable {
        let line: ToolLine
        let usual: ProcessOutput
        /// It prints the same from one moment to the next.
        let isSteady: Bool
    }

    var lines: [ToolLine] { runs.map(\.line) }

    private static let known = Mutex<[String: [Run]]>([:])

    /// - Parameter lab: serving, and shared by a suite: it is made ready once.
    init(_ lab: HandmadeLab) throws {
        self.lab = lab
        if let runs = Self.known.withLock({ $0[lab.name] }) {
            self.runs = runs
            return
        }
        try Self.prepare(lab)
        runs = try Self.commands.compactMap { try Self.working($0, on: lab) }
        let found = runs
        Self.known.withLock { $0[lab.name] = found }
    }

    static let commands = ToolLine.table.commands.filter { $0.path != "demo" }

    /// Carries out whatever sets or adds something, so that there are the objects that other examples name.
    private static func prepare(_ lab: HandmadeLab) throws {
        for command in commands where command.mutates && ["set", "add"].contains(command.verb) {
            for line in ToolLine.examples(of: command) where !(try lab.tool(line.words).status.isSuccess) {
                // The interface of an example is not there, for one.
                _ = try lab.tool(adapted(line, to: lab).words)
            }
        }
        _ = try lab.ask(Traffic(to: HandmadeLab.virtualAddress, times: 5), outsideCgroup: true)
    }

    private static func working(_ command: CommandSpec, on lab: HandmadeLab) throws -> Run? {
        for example in ToolLine.examples(of: command) {
            let line = try adapted(example, to: lab).harmless
            let usual = try lab.attempt(line)
            guard usual.status.isSuccess else { continue }
            return Run(line: line, usual: usual, isSteady: try lab.attempt(line) == usual)
        }
        return nil
    }

    /// The line with names that are there and files that can be written and read in the place of those of the example.
    static func adapted(_ line: ToolLine, to lab: HandmadeLab) throws -> ToolLine {
        var line = line
        for object in line.objects() {
            if object.isFile {
                line = line.replacing(object, by: try file(for: line.command, in: lab))
            } else if let listing = object.listing {
                let names = try lab.tool(listing).text.split(separator: "\n").map(String.init)
                guard !names.contains(where: { $0.hasPrefix(object.text) }), let first = names.first else { continue }
                line = line.replacing(object, by: first)
            }
        }
        return line
    }

    /// A file that holds what the noun's `export` prints, if it has one.
    private static func file(for command: CommandSpec, in lab: HandmadeLab) throws -> String {
        let path = "\(lab.directory)/\(command.path.filter { $0 != " " }).file"
        if let noun = command.noun, ToolLine.table.commands.contains(where: { $0.path == "\(noun) export" }) {
            let exported = try lab.tool(noun, "export").text
            let nothing = "apiVersion: ebpfctl/v1\nkind: ServiceList\nitems: []\n"
            try Filesystem.write(exported.isEmpty ? nothing : exported, to: path, creating: true)
        }
        return path
    }
}

extension HandmadeLab {
    /// Where the lab's files are.
    var directory: String { String(bpffs.dropLast("/bpf".count)) }

    /// Runs a line to its end, or interrupts it as Ctrl-C would when it is one that goes on and on.
    func attempt(
        _ line: ToolLine, through wrapper: [String] = [], environment: [String: String]? = nil
    ) throws -> ProcessOutput {
        let words = wrapper + [Tool.path] + line.words + location
        // What a command leaves in its working directory goes with the lab.
        let bounds = ["--chdir=\(directory)", "/usr/bin/timeout", "--preserve-status", "-s", "INT", "30"]
        var command = Command("/usr/bin/env", bounds + words)
        command.environment = environment
        return try start(command, on: .node).collect(limit: 64 << 20, until: Deadline(after: Tool.patience))
    }
}
