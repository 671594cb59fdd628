// SPDX-License-Identifier: Apache-2.0

import Commands
import DataplaneModel
import Glibc
import Lab
import LinuxSystem
import Rendering

/// The traffic tools as an inner mode of the executable: it starts itself again with these words in front.
enum TrafficProgram {
    private static let serverWord = "__traffic-server"
    private static let clientWord = "__traffic-client"
    private static let readyLine = "ready"

    /// How long a server may take to be ready, and a client beside its task.
    private static let patience = Duration.seconds(20)

    /// Runs the tool that the words of a command line name; a server does not return while it works.
    ///
    /// - Returns: the exit status, or nil when the words are not the traffic tools'.
    static func run(_ words: [String]) throws -> Int32? {
        switch words.first {
        case serverWord:
            guard words.count == 2, let manner = TrafficTask.Manner(rawValue: words[1]) else { return 2 }
            goFirst()
            let server = try TrafficServer(manner, family: .v4)
            try write(readyLine)
            try server.run()
            return 0
        case clientWord:
            guard words.count == 4, let task = TrafficTask(words: words[2...]) else { return 2 }
            goFirst()
            try write(TrafficClient.run(task, to: Endpoint(words[1])).map { "\($0)" }.joined(separator: " "))
            return 0
        default:
            return nil
        }
    }

    private static func write(_ line: String) throws {
        try DescriptorSink(STDOUT_FILENO).write(Array("\(line)\n".utf8).span)
    }

    /// Starts a server on the machine and waits until it can be asked; it ends with its last reference.
    static func startServer(for task: TrafficTask, on host: LabHost) throws -> ChildProcess {
        let processor = task.serverSharesProcessor ? 0 : 1
        var command = try pinned([serverWord, task.manner.rawValue], to: processor)
        command.output = .pipe
        let server = try host.start(command)
        guard try server.readLine(until: Deadline(after: patience)) == readyLine else {
            throw BenchmarkError.broken("\(host.name): the \(task.manner.rawValue) server does not come up")
        }
        return server
    }

    /// Runs the task from the machine, in its cgroup, and gives the figures of ``TrafficClient/run(_:to:)``.
    static func measure(_ task: TrafficTask, from host: LabHost, to target: Endpoint) throws -> [Double] {
        let command = try pinned([clientWord, "\(target)"] + task.words, to: 0)
        let result = try host.run(command, until: Deadline(after: patience))
        let figures = result.text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        guard !result.didTimeOut, result.status.isSuccess, !figures.isEmpty else {
            let words = task.words.joined(separator: " ")
            throw BenchmarkError.broken("\(host.name), \(words) to \(target): \(result.status) \(result.errorText)")
        }
        return figures
    }

    /// This executable on one processor, so that the scheduler's choices are the same in every round, and before
    /// everything else that wants it.
    ///
    /// A session of its own is what the scheduler's automatic groups ask for, within which alone niceness counts.
    private static func pinned(_ words: [String], to processor: Int) throws(SystemError) -> LinuxSystem.Command {
        let executable = try Filesystem.resolve(LinuxSystem.Command.ownExecutable)
        let tools = ["/usr/bin/nice", "-n", "-20", "/usr/bin/taskset", "--cpu-list", "\(processor)"]
        var command = LinuxSystem.Command("/usr/bin/setsid", tools + [executable] + words)
        // The leader of a group cannot begin a session.
        command.leadsGroup = false
        return command
    }

    /// Puts this process's session before those of others, where sessions share the processors and not processes.
    private static func goFirst() {
        try? Filesystem.write("-20", to: "/proc/self/autogroup")
    }
}
