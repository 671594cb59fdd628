// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
package import LinuxSystem

/// The lab's traffic tools as an inner mode of the executable: it starts itself again with these words in front.
///
/// The mode is in no command table, help or completion.
package enum LabProgram {
    package static let serverWord = "__lab-server"
    package static let clientWord = "__lab-client"

    /// What a server says on its output once it can be asked.
    static let readyLine = "ready"

    /// Runs the tool that the words of a command line name; a server does not return while it works.
    ///
    /// - Parameter write: takes one line without its end, which must leave the process before it returns.
    /// - Returns: the exit status, or nil when the words are not the lab's.
    package static func run(words: [String], write: (String) -> Void) throws(SystemError) -> Int32? {
        switch words.first {
        case serverWord:
            guard words.count == 3, let port = UInt16(words[2]) else { return 2 }
            var server = try LabServer(name: words[1], port: port)
            write(readyLine)
            try server.run()
            return 0
        case clientWord:
            guard let request = LabRequest(words: words.dropFirst()) else { return 2 }
            for line in LabClient.run(request).lines { write(line) }
            return 0
        default:
            return nil
        }
    }
}

extension LabRequest {
    /// The request as arguments of the client tool: `tcp 10.96.0.10:80 100 fresh 1000 0`, times in milliseconds.
    var words: [String] {
        [
            "\(transport)", "\(target)", "\(count)", manner.rawValue, "\(timeout.milliseconds)",
            "\(duration?.milliseconds ?? 0)",
        ]
    }

    /// nil unless the words are those of ``words``.
    init?(words: some Collection<String>) {
        let words = Array(words)
        guard words.count == 6, let transport = try? TransportProtocol(words[0]), let target = try? Endpoint(words[1]),
            let count = Int(words[2]), count >= 0, let manner = Manner(rawValue: words[3]),
            let timeout = Int(words[4]), let duration = Int(words[5])
        else { return nil }
        self.init(
            transport, target, count: count, manner: manner, timeout: .milliseconds(timeout),
            duration: duration > 0 ? .milliseconds(duration) : nil)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension LabHost {
    /// How long a server may take to be ready, and a client to start and end beside its requests.
    private static var patience: Duration { .seconds(5) }

    /// Starts a server that answers with this machine's name, and waits until it can be asked.
    ///
    /// - Parameter executable: a program that hands its arguments to ``LabProgram/run(words:write:)``.
    package func startServer(
        port: UInt16, executable: String = Command.ownExecutable
    ) throws(SystemError) -> ChildProcess {
        var command = Command(executable, [LabProgram.serverWord, name, "\(port)"])
        command.output = .pipe
        let server = try start(command)
        guard try server.readLine(until: Deadline(after: Self.patience)) == LabProgram.readyLine else {
            throw SystemError(.startProcess, "server on \(name)", .timedOut)
        }
        return server
    }

    /// Sends requests from this machine and waits for their end.
    package func ask(
        _ request: LabRequest, outsideCgroup: Bool = false, executable: String = Command.ownExecutable
    ) throws(SystemError) -> LabTally {
        let client = try startClient(request, outsideCgroup: outsideCgroup, executable: executable)
        let longest = request.duration.map { $0 + request.timeout } ?? request.timeout * request.count
        return try Self.tally(of: client, within: longest + Self.patience)
    }

    /// Starts sending requests; ``tally(of:within:)`` collects the outcome.
    package func startClient(
        _ request: LabRequest, outsideCgroup: Bool = false, executable: String = Command.ownExecutable
    ) throws(SystemError) -> ChildProcess {
        var command = Command(executable, [LabProgram.clientWord] + request.words)
        command.output = .pipe
        return try start(command, outsideCgroup: outsideCgroup)
    }

    /// Waits for a client of ``startClient(_:outsideCgroup:executable:)``.
    package static func tally(of client: ChildProcess, within duration: Duration) throws(SystemError) -> LabTally {
        let result = try client.collect(limit: 4 << 20, until: Deadline(after: duration))
        guard !result.didTimeOut else { throw SystemError(.waitForProcess, client.name, .timedOut) }
        guard result.status.isSuccess, let tally = LabTally(lines: result.text.split(separator: "\n").map(String.init))
        else {
            throw SystemError(.waitForProcess, client.name, .inputOutput)
        }
        return tally
    }
}
