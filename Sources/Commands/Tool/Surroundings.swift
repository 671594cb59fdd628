// SPDX-License-Identifier: Apache-2.0

import Glibc
package import LinuxSystem
package import Rendering

/// What a command finds around it: streams, environment, terminal and privileges; tests bring their own.
package struct Surroundings {
    /// A terminal whose cursor can be moved.
    package struct Screen {
        /// Asked at each paint: windows are resized. Nil when it does not tell.
        package var size: () -> Terminal.Size?
        /// Where keys come from, if that descriptor is a terminal.
        package var keyboard: Int32

        package init(size: @escaping () -> Terminal.Size?, keyboard: Int32) {
            self.size = size
            self.keyboard = keyboard
        }
    }

    /// Results only.
    package var output: any OutputSink
    /// Notices, progress and errors.
    package var errors: any OutputSink
    package var environment: [String: String]
    /// Columns of the terminal behind `output`; nil when it is none.
    package var columns: Int?
    /// Columns of the terminal behind `errors`, for progress; nil when it is none.
    package var errorColumns: Int?
    /// The terminal that live views paint on; nil when `output` is none, or one that cannot move its cursor.
    package var screen: Screen?
    /// Nil: those of the calling thread, read when a command first needs one.
    package var capabilities: CapabilitySet?
    /// What `output` writes to, for commands that wait although nobody reads them any more; nil when nobody can tell.
    package var outputDescriptor: Int32?
    /// Takes what libbpf says when `--verbose` is given, from whatever thread says it.
    package var libbpfLines: (@Sendable (String) -> Void)?

    package init(
        output: any OutputSink, errors: any OutputSink, environment: [String: String] = [:], columns: Int? = nil,
        capabilities: CapabilitySet? = nil
    ) {
        self.output = output
        self.errors = errors
        self.environment = environment
        self.columns = columns
        self.capabilities = capabilities
    }

    /// Those of this process: descriptors 1 and 2, which stay open.
    package static var process: Surroundings {
        StandardStreams.fillGaps()
        var process = Surroundings(
            output: DescriptorSink(STDOUT_FILENO), errors: DescriptorSink(STDERR_FILENO),
            environment: environment(of: "/proc/self/environ"), columns: columns(of: STDOUT_FILENO))
        process.errorColumns = columns(of: STDERR_FILENO)
        process.outputDescriptor = STDOUT_FILENO
        if process.isTerminal, process.environment["TERM"] != "dumb" {
            process.screen = Screen(size: { Terminal.size(STDOUT_FILENO) }, keyboard: STDIN_FILENO)
        }
        process.libbpfLines = { line in
            try? DescriptorSink(STDERR_FILENO).write(Array("libbpf: \(line)\n".utf8).span)
        }
        return process
    }

    /// - Returns: empty where `/proc` cannot be read: nothing here depends on a variable.
    private static func environment(of path: String) -> [String: String] {
        let text = (try? Filesystem.readText(path)) ?? ""
        let pairs = text.split(separator: "\0").compactMap { line -> (String, String)? in
            guard let equals = line.firstIndex(of: "=") else { return nil }
            return (String(line[..<equals]), String(line[equals...].dropFirst()))
        }
        return Dictionary(pairs) { first, _ in first }
    }

    private static func columns(of descriptor: Int32) -> Int? {
        Terminal.isTerminal(descriptor) ? Terminal.columns(descriptor) ?? 80 : nil
    }

    var isTerminal: Bool { columns != nil }

    /// Waits as ``Poll/readable(_:until:)`` does, for as long as somebody reads `output`.
    ///
    /// - Throws: ``OutputError`` with `EPIPE`, as the next write would, when the reader has gone.
    func wait(for descriptors: [Int32], until deadline: Deadline) throws -> [Bool] {
        let (ready, isAbandoned) = try Poll.readable(descriptors, whileReadFrom: outputDescriptor, until: deadline)
        if isAbandoned { throw OutputError(errno: EPIPE) }
        return ready
    }

    /// Writes a line to `output`, for programs that read nothing else; a reader that has gone is not missed.
    func emit(_ line: String) {
        try? output.write(Array("\(line)\n".utf8).span)
    }

    /// Writes a line to `errors`; that nobody reads them is no reason to fail.
    func say(_ line: String) {
        try? errors.write(Array("\(line)\n".utf8).span)
    }
}
