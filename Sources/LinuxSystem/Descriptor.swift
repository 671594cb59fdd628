// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// An open file descriptor that closes itself when its owner ends.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    package let rawValue: Int32

    /// Takes ownership of `rawValue`, which nobody else may close from now on.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        close(rawValue)
    }

    /// Gives the number away; the taker closes it.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}

extension Descriptor {
    /// Opens `path` with close-on-exec set.
    ///
    /// - Parameter flags: the `O_…` flags of open(2).
    /// - Throws: ``SystemError`` with operation `openFile` and the path as subject.
    package init(opening path: String, flags: Int32, mode: UInt32 = 0o644) throws(SystemError) {
        let number = unsafe open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError(.openFile, path, .current) }
        self.init(owning: number)
    }

    /// A second descriptor of the same open file, with close-on-exec set.
    package func duplicate() throws(SystemError) -> Descriptor {
        let number = fcntl(rawValue, F_DUPFD_CLOEXEC, 0)
        guard number >= 0 else { throw SystemError(.openFile, "descriptor \(rawValue)", .current) }
        return Descriptor(owning: number)
    }

    /// Reads once, at most `limit` bytes; empty at the end of the file.
    ///
    /// An interrupting signal is not an error: the read is repeated.
    package func read(upTo limit: Int, from name: String) throws(SystemError) -> [UInt8] {
        try Self.read(rawValue, upTo: limit, from: name)
    }

    /// As ``read(upTo:from:)``, for a descriptor that somebody else owns.
    static func read(_ number: Int32, upTo limit: Int, from name: String) throws(SystemError) -> [UInt8] {
        var failure: Errno?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var result: Int
            repeat {
                result = unsafe Glibc.read(number, buffer.baseAddress, limit)
            } while result < 0 && errno == EINTR
            if result < 0 { failure = .current }
            count = max(0, result)
        }
        if let failure { throw SystemError(.readFile, name, failure) }
        return bytes
    }

    /// Reads to the end of the file, refusing more than `limit` bytes with `EFBIG`.
    package func readAll(limit: Int, from name: String) throws(SystemError) -> [UInt8] {
        var whole: [UInt8] = []
        while true {
            let chunk = try read(upTo: min(65_536, limit - whole.count + 1), from: name)
            if chunk.isEmpty { return whole }
            whole += chunk
            if whole.count > limit { throw SystemError(.readFile, name, .fileTooLarge) }
        }
    }

    /// Writes all bytes, repeating short writes; `name` is the subject of a refusal.
    package func write(_ bytes: [UInt8], to name: String) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(rawValue, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if result < 0 {
                let failure = Errno.current
                if failure == .interrupted { continue }
                throw SystemError(.writeFile, name, failure)
            }
            done += result
        }
    }

    /// A new pipe, both ends with close-on-exec set.
    package static func pipe() throws(SystemError) -> Pipe {
        var ends: [Int32] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return Int32(-1) }
            return unsafe shim_open_pipe(first)
        }
        guard result == 0 else { throw SystemError(.openFile, "pipe", .current) }
        return Pipe(reading: Descriptor(owning: ends[0]), writing: Descriptor(owning: ends[1]))
    }

    /// A file without a name that holds `bytes`, to be read from its start. memfd_create(2).
    static func memory(holding bytes: [UInt8]) throws(SystemError) -> Descriptor {
        let number = shim_open_memory_file()
        guard number >= 0 else { throw SystemError(.openFile, "memory", .current) }
        let file = Descriptor(owning: number)
        try file.write(bytes, to: "memory")
        guard lseek(file.rawValue, 0, SEEK_SET) == 0 else { throw SystemError(.openFile, "memory", .current) }
        return file
    }
}

/// The two ends of a pipe; each can be taken out once.
package struct Pipe: ~Copyable, Sendable {
    package let reading: Descriptor
    package let writing: Descriptor

    /// Gives both numbers away; the taker closes them.
    package consuming func release() -> (reading: Int32, writing: Int32) {
        (reading.release(), writing.release())
    }
}
