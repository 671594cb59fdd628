// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// Paths: small whole files, directories and what filesystem they are on.
package enum Filesystem {
    /// Files read as a whole are settings and tables of the kernel; more than this is refused with `EFBIG`.
    package static let readLimit = 16 << 20

    /// The content of a small file, to its end.
    package static func read(_ path: String, limit: Int = readLimit) throws(SystemError) -> [UInt8] {
        try Descriptor(opening: path, flags: O_RDONLY).readAll(limit: limit, from: path)
    }

    /// The content as text, ill-formed UTF-8 replaced.
    package static func readText(_ path: String, limit: Int = readLimit) throws(SystemError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Replaces the content of a file in one write(2), which is what files of the kernel need.
    ///
    /// - Parameter creating: makes the file when it is absent; otherwise an absent file is `ENOENT`.
    package static func write(_ text: String, to path: String, creating: Bool = false) throws(SystemError) {
        let flags = creating ? O_WRONLY | O_CREAT | O_TRUNC : O_WRONLY
        try Descriptor(opening: path, flags: flags).write(Array(text.utf8), to: path)
    }

    /// The names in a directory, sorted, without `.` and `..`.
    package static func list(_ path: String) throws(SystemError) -> [String] {
        guard let directory = unsafe opendir(path) else { throw SystemError(.listDirectory, path, .current) }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        errno = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe String(cString: UnsafeRawPointer(field).assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { names.append(name) }
            errno = 0
        }
        let failure = Errno.current
        guard failure.rawValue == 0 else { throw SystemError(.listDirectory, path, failure) }
        return names.sorted()
    }

    /// Makes one directory; says `EEXIST` when anything is there already.
    package static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        guard unsafe mkdir(path, mode) == 0 else { throw SystemError(.makeDirectory, path, .current) }
    }

    /// Makes the directory and its parents, content with those that exist.
    package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        var made = path.hasPrefix("/") ? "" : "."
        for component in path.split(separator: "/") {
            made += "/" + component
            guard unsafe mkdir(made, mode) != 0 else { continue }
            let failure = Errno.current
            guard failure == .exists, isDirectory(made) else { throw SystemError(.makeDirectory, made, failure) }
        }
    }

    package static func removeDirectory(_ path: String) throws(SystemError) {
        guard unsafe rmdir(path) == 0 else { throw SystemError(.removeDirectory, path, .current) }
    }

    package static func removeFile(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 else { throw SystemError(.removeFile, path, .current) }
    }

    /// Moves `old` to `new` atomically, replacing a file that is there.
    package static func rename(_ old: String, to new: String) throws(SystemError) {
        guard unsafe Glibc.rename(old, new) == 0 else { throw SystemError(.rename, old, .current) }
    }

    /// The absolute path without symbolic links, `.` and `..`.
    package static func resolve(_ path: String) throws(SystemError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw SystemError(.resolvePath, path, .current) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

extension Filesystem {
    /// A file's identity: two paths with the same one are the same object.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let inode: UInt64
    }

    /// The types of filesystem that matter here, by the magic number that statfs(2) tells.
    package enum Kind: Int, Sendable {
        case bpf = 0xcafe_4a11
        case cgroup2 = 0x6367_7270
        case networkNamespace = 0x6e73_6673
        case proc = 0x9fa0
    }

    package static func exists(_ path: String) -> Bool {
        unsafe access(path, F_OK) == 0
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Follows symbolic links; an inode number of a cgroup directory is the cgroup's id.
    package static func identity(_ path: String) throws(SystemError) -> Identity {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw SystemError(.inspectPath, path, .current) }
        return Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The type of filesystem below `path`; nil for one not listed in ``Kind``.
    package static func kind(_ path: String) throws(SystemError) -> Kind? {
        let magic = unsafe shim_filesystem_type(path)
        guard magic != -1 else { throw SystemError(.inspectPath, path, .current) }
        return Kind(rawValue: magic)
    }
}
