// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
import Glibc
import Synchronization

/// What libbpf would print: kept per call for the error that follows, and shown as it comes in the verbose mode.
package enum LibbpfOutput {
    /// Sends every further line to `sink`, debugging detail included; nil turns that off again.
    ///
    /// libbpf: `libbpf_set_print`.
    package static func show(through sink: (@Sendable (String) -> Void)?) {
        install()
        state.withLock { $0.sink = sink }
    }

    /// Runs `body` and collects the warnings that libbpf raises meanwhile in this thread.
    static func capturing<Result>(_ body: () -> Result) -> (result: Result, messages: [String]) {
        install()
        let thread = pthread_self()
        state.withLock { $0.captured[thread] = [] }
        let result = body()
        let messages = state.withLock { $0.captured.removeValue(forKey: thread) }
        return (result, messages ?? [])
    }

    private struct State {
        var captured: [pthread_t: [String]] = [:]
        var sink: (@Sendable (String) -> Void)?
    }

    private static let state = Mutex(State())

    /// Replaces libbpf's printing to standard error, once.
    private static func install() {
        _ = installed
    }

    private static let installed: Bool = {
        _ = unsafe libbpf_set_print { level, format, arguments in
            guard let format = unsafe format, let arguments = unsafe arguments else { return 0 }
            return unsafe LibbpfOutput.receive(level, format, arguments)
        }
        return true
    }()

    private static func receive(
        _ level: libbpf_print_level, _ format: UnsafePointer<CChar>, _ arguments: CVaListPointer
    ) -> Int32 {
        let isWarning = level == LIBBPF_WARN
        let thread = pthread_self()
        let wanted = state.withLock { $0.sink != nil || (isWarning && $0.captured[thread] != nil) }
        guard wanted else { return 0 }
        let lines = unsafe formatted(format, arguments).split(separator: "\n").map { line in
            String(line.hasPrefix("libbpf: ") ? line.dropFirst(8) : line)
        }
        let sink = state.withLock { state in
            if isWarning { state.captured[thread]?.append(contentsOf: lines) }
            return state.sink
        }
        if let sink { lines.forEach(sink) }
        return 0
    }

    /// libbpf's longest lines hold a path; what exceeds the buffer is cut off.
    private static func formatted(_ format: UnsafePointer<CChar>, _ arguments: CVaListPointer) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let length = unsafe vsnprintf(start, buffer.count, format, arguments)
            return length < 0 ? "" : unsafe String(cString: start)
        }
    }
}
