// SPDX-License-Identifier: Apache-2.0

import Glibc
import LinuxSystem
import YAML

/// Where documents come from: the file that `-f` names, or standard input.
struct DocumentInput {
    /// What names standard input on a command line.
    static let standardInput = "-"

    /// Room for ten thousand services with thirty backends each, in the widest notation.
    static let limit = ReadLimits().bytes

    /// As the user named it.
    let name: String

    /// All bytes, of which there may be ``limit``.
    ///
    /// - Throws: ``DocumentError``: `unreadable`, also for a directory, and `tooLong`.
    func bytes() throws(DocumentError) -> [UInt8] { try pieces().rest() }

    /// - Throws: ``DocumentError``: `unreadable`, for a directory only when it is read.
    func pieces() throws(DocumentError) -> InputPieces {
        do throws(SystemError) {
            guard name == Self.standardInput else {
                return InputPieces(try Descriptor(opening: name, flags: O_RDONLY), name)
            }
            // Released again: the process owns its standard streams.
            let input = Descriptor(owning: STDIN_FILENO)
            let copy = Result { () throws(SystemError) in try input.duplicate().release() }
            _ = input.release()
            return InputPieces(Descriptor(owning: try copy.get()), name)
        } catch {
            throw DocumentError(.unreadable(error.errno))
        }
    }
}

/// An input's bytes, each of which is read once.
final class InputPieces {
    private let descriptor: Descriptor
    private let name: String
    private var head: [UInt8] = []

    init(_ descriptor: consuming Descriptor, _ name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    /// The first bytes, which ``next()`` and ``rest()`` give again: as many as asked for, unless there are fewer.
    func opening(_ size: Int) throws(DocumentError) -> [UInt8] {
        while head.count < size {
            let piece = try read(size - head.count)
            if piece.isEmpty { break }
            head += piece
        }
        return head
    }

    /// The next bytes; none at the end.
    func next() throws(DocumentError) -> [UInt8] {
        guard head.isEmpty else {
            defer { head = [] }
            return head
        }
        return try read(1 << 18)
    }

    /// All bytes that are left.
    ///
    /// - Throws: ``DocumentError``, also `tooLong`.
    func rest() throws(DocumentError) -> [UInt8] {
        var whole = head
        head = []
        while true {
            let piece = try read(65536)
            if piece.isEmpty { return whole }
            whole += piece
            if whole.count > DocumentInput.limit { throw DocumentError(.tooLong(limit: DocumentInput.limit)) }
        }
    }

    private func read(_ size: Int) throws(DocumentError) -> [UInt8] {
        do throws(SystemError) {
            return try descriptor.read(upTo: size, from: name)
        } catch {
            throw DocumentError(.unreadable(error.errno))
        }
    }
}
