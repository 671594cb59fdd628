// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc
import Synchronization

/// How a process ended.
package enum ExitStatus: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    package var isSuccess: Bool { self == .exited(0) }

    /// From the word of waitpid(2).
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited(waitStatus >> 8 & 0xff) : .killed(signal: signal)
    }
}

/// A started program; when the last reference goes, it and its process group are killed and it is reaped.
package final class ChildProcess: Sendable {
    package let id: Int32

    /// For messages.
    package let name: String

    private let leadsGroup: Bool
    private let process: Descriptor
    private let output: Int32?
    private let error: Int32?
    private let ended = Mutex<ExitStatus?>(nil)
    private let pendingOutput = Mutex<[UInt8]>([])

    /// Takes ownership of a child that has not been reaped and of the reading ends.
    init(id: Int32, name: String, leadsGroup: Bool, output: Int32?, error: Int32?) throws(SystemError) {
        self.id = id
        self.name = name
        self.leadsGroup = leadsGroup
        self.output = output
        self.error = error
        let number = shim_open_process(id)
        guard number >= 0 else {
            let failure = Errno.current
            Glibc.kill(id, SIGKILL)
            var status: Int32 = 0
            unsafe shim_reap(id, &status)
            throw SystemError(.startProcess, name, failure)
        }
        process = Descriptor(owning: number)
    }

    deinit {
        kill()
        for end in [output, error] { if let end { close(end) } }
    }

    /// How it ended; nil while it runs.
    package var status: ExitStatus? {
        try? wait(until: Deadline(after: .zero))
    }

    /// Waits for the end and reaps; nil when the deadline passed first.
    package func wait(until deadline: Deadline) throws(SystemError) -> ExitStatus? {
        if let status = ended.withLock({ $0 }) { return status }
        guard try Poll.readable([process.rawValue], until: deadline)[0] else { return nil }
        return reap()
    }

    /// Sends a signal to the program alone; without effect when it has been reaped.
    package func send(signal: Int32) {
        ended.withLock { status in
            if status == nil { Glibc.kill(id, signal) }
        }
    }

    /// Kills the program and its process group, and waits for it.
    package func kill() {
        let isReaped = ended.withLock { status in
            if status == nil { Glibc.kill(leadsGroup ? -id : id, SIGKILL) }
            return status != nil
        }
        if !isReaped { _ = reap() }
    }

    private func reap() -> ExitStatus {
        ended.withLock { status in
            if let status { return status }
            var word: Int32 = 0
            unsafe shim_reap(id, &word)
            let new = ExitStatus(waitStatus: word)
            status = new
            return new
        }
    }
}

extension ChildProcess {
    /// One line of piped output without its line end; nil at the end of the output or when the deadline passed.
    package func readLine(until deadline: Deadline) throws(SystemError) -> String? {
        guard let output else { return nil }
        while true {
            let line: String? = pendingOutput.withLock { pending in
                guard let end = pending.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { pending.removeSubrange(...end) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            if let line { return line }
            guard try Poll.readable([output], until: deadline)[0] else { return nil }
            let chunk = try Descriptor.read(output, upTo: 65_536, from: name)
            if chunk.isEmpty { return nil }
            pendingOutput.withLock { $0 += chunk }
        }
    }

    /// Collects piped output until the program has ended, or kills its group at the deadline.
    ///
    /// - Parameter limit: bytes kept of each stream; what comes after them is read and thrown away.
    package func collect(limit: Int = 1 << 20, until deadline: Deadline) throws(SystemError) -> ProcessOutput {
        var result = ProcessOutput(output: pendingOutput.withLock { $0 })
        var streams = [output, error]
        while streams.contains(where: { $0 != nil }) {
            let open = streams.compactMap { $0 }
            let ready = try Poll.readable(open, until: deadline)
            guard ready.contains(true) else { break }
            for (end, isReady) in zip(open, ready) where isReady {
                let chunk = try Descriptor.read(end, upTo: 65_536, from: name)
                if chunk.isEmpty { streams = streams.map { $0 == end ? nil : $0 } }
                result.append(chunk, isError: end == error, limit: limit)
            }
        }
        if let status = try wait(until: deadline) {
            result.status = status
        } else {
            result.didTimeOut = true
            kill()
            result.status = reap()
        }
        return result
    }
}

/// What a program left behind.
package struct ProcessOutput: Hashable, Sendable {
    package internal(set) var status = ExitStatus.exited(0)
    package internal(set) var output: [UInt8] = []
    package internal(set) var error: [UInt8] = []

    /// It was killed because the deadline passed.
    package internal(set) var didTimeOut = false

    /// A stream was longer than the limit.
    package internal(set) var isTruncated = false

    package var text: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: error, as: UTF8.self) }

    init(output: [UInt8]) {
        self.output = output
    }

    mutating func append(_ chunk: [UInt8], isError: Bool, limit: Int) {
        let kept = chunk.prefix(max(0, limit - (isError ? error : output).count))
        if isError { error += kept } else { output += kept }
        if kept.count < chunk.count { isTruncated = true }
    }
}

extension Command {
    /// Runs the program to its end with both output streams collected.
    package func run(limit: Int = 1 << 20, until deadline: Deadline) throws(SystemError) -> ProcessOutput {
        try collecting.start().collect(limit: limit, until: deadline)
    }

    /// As ``run(limit:until:)``, in a network namespace.
    package func run(
        in namespace: borrowing NetworkNamespace, limit: Int = 1 << 20, until deadline: Deadline
    ) throws(SystemError) -> ProcessOutput {
        try collecting.start(in: namespace).collect(limit: limit, until: deadline)
    }

    private var collecting: Command {
        var command = self
        command.output = .pipe
        command.error = .pipe
        return command
    }
}
