// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Foundation
import Testing

/// A real shell with the fixture's completion script and a `depot` command that writes down its arguments.
struct ShellSession {
    let shell: Shell
    private let directory: URL

    init(_ shell: Shell) throws {
        self.shell = shell
        directory = FileManager.default.temporaryDirectory.appending(path: "depot-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try fixture.completionScript(for: shell).write(to: script, atomically: true, encoding: .utf8)
        try Data().write(to: log)
        // By a process of its own: what another test starts meanwhile would hold a file of ours open, and so keep it from
        // being run (ETXTBSY).
        _ = try run("/bin/sh", ["-c", "cat >depot && chmod 755 depot"], input: Self.tool)
    }

    /// False where the shell is not installed; with `EBPFCTL_REQUIRE_KERNEL=1` the test then runs and fails.
    static func isAvailable(_ program: String) -> Bool {
        ProcessInfo.processInfo.environment["EBPFCTL_REQUIRE_KERNEL"] == "1"
            || FileManager.default.isExecutableFile(atPath: "/usr/bin/\(program)")
    }

    /// Types the keys on a terminal and returns the command lines that came of it, each word in angle brackets.
    func type(_ keys: [String]) throws -> [String] {
        let start =
            switch shell {
            case .bash: "bash --norc --noprofile -i"
            case .zsh: "zsh -f -i"
            case .fish: "fish --no-config -i"
            }
        let setup = shell == .zsh ? "autoload -Uz compinit && compinit -u -D; source" : "source"
        let input = (["\(setup) \(script.path)"] + keys + ["exit"]).map { $0 + "\n" }.joined()
        _ = try run("/usr/bin/timeout", ["60", "script", "-qec", start, "/dev/null"], input: input)
        return try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    /// What fish offers for a line, without the descriptions.
    func fishCandidates(_ line: String) throws -> [String] {
        let command = "source \(script.path); complete -C \"$argv[1]\""
        let output = try run("/usr/bin/fish", ["--no-config", "-c", command, line], input: "")
        return output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }

    /// What bash offers for a line: the replies to readline, which replaces only the part after ':' or '='.
    func bashCandidates(_ line: String) throws -> [String] {
        let command =
            "source \(script.path); COMP_LINE=$1 COMP_POINT=${#1}; _depot depot; printf '%s\\n' \"${COMPREPLY[@]}\""
        let output = try run("/usr/bin/bash", ["--norc", "-c", command, "bash", line], input: "")
        return output.split(separator: "\n").map(String.init)
    }

    func close() { try? FileManager.default.removeItem(at: directory) }

    private var script: URL { directory.appending(path: shell.fileName(for: "depot")) }
    private var log: URL { directory.appending(path: "log") }

    private func run(_ program: String, _ arguments: [String], input: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.environment = [
            "PATH": "\(directory.path):/usr/bin:/bin", "HOME": directory.path, "TERM": "dumb",
            "DEPOT_LOG": log.path, "LC_ALL": "C.UTF-8",
        ]
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = stdout.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: output, as: UTF8.self)
    }

    /// One of the names would run a command if a script were careless.
    private static let tool = """
        #!/bin/sh
        if [ "$*" = "box list -q" ]; then
            printf 'default/web:http\\ndefault/api\\nkube/$(touch pwned)\\n'
            exit
        fi
        printf '<%s>' "$@" >>"$DEPOT_LOG"
        echo >>"$DEPOT_LOG"
        """
}

extension ShellSession {
    /// True when completing ran a command hidden in a name.
    var wasFooled: Bool { FileManager.default.fileExists(atPath: directory.appending(path: "pwned").path) }
}
