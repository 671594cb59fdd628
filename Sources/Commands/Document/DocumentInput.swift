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
    func bytes() throws(DocumentError) -> [UInt8] {
        do throws(SystemError) {
            guard name == Self.standardInput else { return try Filesystem.read(name, limit: Self.limit) }
            // Released again at the end: the process owns its standard streams.
            let input = Descriptor(owning: STDIN_FILENO)
            let result = Result { () throws(SystemError) in try input.readAll(limit: Self.limit, from: name) }
            _ = input.release()
            return try result.get()
        } catch {
            if error.errno == .fileTooLarge { throw DocumentError(.tooLong(limit: Self.limit)) }
            throw DocumentError(.unreadable(error.errno))
        }
    }
}
