// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// Turns signals, by default SIGINT and SIGTERM, into something to ask and to wait for, so that clean-up can run.
///
/// One watcher at a time in a process; its end gives the signals their default effect back. Blocking calls of other
/// code end with `EINTR` when a signal arrives.
package struct SignalWatcher: ~Copyable, Sendable {
    private let signals: [Int32]
    private let pipe: Pipe

    package init(_ signals: [Int32] = [SIGINT, SIGTERM]) throws(SystemError) {
        let pipe = try Descriptor.pipe()
        for end in [pipe.reading.rawValue, pipe.writing.rawValue] {
            guard fcntl(end, F_SETFL, O_NONBLOCK) == 0 else { throw SystemError(.watchSignals, "", .current) }
        }
        for signal in signals {
            guard shim_signal_to_pipe(signal, pipe.writing.rawValue) == 0 else {
                throw SystemError(.watchSignals, "\(signal)", .current)
            }
        }
        self.signals = signals
        self.pipe = pipe
    }

    deinit {
        for signal in signals { shim_signal_to_pipe(signal, -1) }
    }

    /// Readable while a signal waits to be taken: for ``Poll/readable(_:until:)`` together with other descriptors.
    package var descriptor: Int32 { pipe.reading.rawValue }

    /// Takes the oldest signal that arrived and was not taken yet; nil at once when there is none.
    package func next() throws(SystemError) -> Int32? {
        do throws(SystemError) {
            return try pipe.reading.read(upTo: 1, from: "signals").first.map(Int32.init)
        } catch  where error.errno == .wouldBlock {
            return nil
        }
    }

    /// Waits for a signal; nil when the deadline passed first.
    package func wait(until deadline: Deadline) throws(SystemError) -> Int32? {
        guard try Poll.readable([descriptor], until: deadline)[0] else { return nil }
        return try next()
    }
}
