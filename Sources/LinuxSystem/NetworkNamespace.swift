// SPDX-License-Identifier: Apache-2.0

import CLinuxShim
import Glibc

/// A network namespace held by an open descriptor: it lives at least as long as this value.
///
/// No function here moves the calling thread: whatever must happen inside runs on a thread of its own.
package struct NetworkNamespace: ~Copyable, Sendable {
    /// Where `ip netns` keeps its names.
    package static let directory = "/run/netns"

    package let descriptor: Descriptor

    package init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// The calling thread's own namespace.
    package static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(try Descriptor(opening: "/proc/thread-self/ns/net", flags: O_RDONLY))
    }

    /// The namespace that `ip netns` knows as `name`.
    package init(named name: String) throws(SystemError) {
        try self.init(at: "\(Self.directory)/\(name)")
    }

    /// The namespace behind a file such as `/proc/123/ns/net`; another kind of file is `EINVAL`.
    package init(at path: String) throws(SystemError) {
        let opened: Descriptor
        do throws(SystemError) {
            opened = try Descriptor(opening: path, flags: O_RDONLY)
        } catch {
            throw SystemError(.openNamespace, path, error.errno)
        }
        guard try Filesystem.kind(path) == .networkNamespace else {
            throw SystemError(.openNamespace, path, .invalidArgument)
        }
        self.init(opened)
    }

    /// A new namespace without a name, gone when the last descriptor, process and link of it are gone.
    package static func anonymous() throws(SystemError) -> NetworkNamespace {
        let number = try runOnOwnThread { () throws(SystemError) -> Int32 in
            guard shim_new_network_namespace() == 0 else { throw SystemError(.createNamespace, "", .current) }
            return try Descriptor(opening: "/proc/thread-self/ns/net", flags: O_RDONLY).release()
        }
        return NetworkNamespace(Descriptor(owning: number))
    }

    /// A new namespace that `ip netns` lists and that stays until ``delete(_:)``; a name in use is `EEXIST`.
    package static func create(named name: String) throws(SystemError) -> NetworkNamespace {
        try prepareDirectory()
        let path = "\(directory)/\(name)"
        let created = unsafe open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0)
        guard created >= 0 else { throw SystemError(.createNamespace, name, .current) }
        close(created)
        do throws(SystemError) {
            let number = try runOnOwnThread { () throws(SystemError) -> Int32 in
                guard shim_new_network_namespace() == 0,
                    unsafe mount("/proc/thread-self/ns/net", path, "none", UInt(MS_BIND), nil) == 0
                else { throw SystemError(.createNamespace, name, .current) }
                return try Descriptor(opening: "/proc/thread-self/ns/net", flags: O_RDONLY).release()
            }
            return NetworkNamespace(Descriptor(owning: number))
        } catch {
            unsafe unlink(path)
            throw error
        }
    }

    /// Takes the name away; the namespace itself ends with its last user.
    package static func delete(_ name: String) throws(SystemError) {
        let path = "\(directory)/\(name)"
        unsafe umount2(path, Int32(MNT_DETACH))
        guard unsafe unlink(path) == 0 else { throw SystemError(.deleteNamespace, name, .current) }
    }

    /// The names that exist, sorted; none when the directory was never made.
    package static func names() throws(SystemError) -> [String] {
        Filesystem.exists(directory) ? try Filesystem.list(directory) : []
    }

    /// The inode number, by which two descriptors of one namespace are recognised.
    package var inode: UInt64 {
        var status = stat()
        return unsafe fstat(descriptor.rawValue, &status) == 0 ? UInt64(status.st_ino) : 0
    }
}

extension NetworkNamespace {
    /// Runs `body` on a thread of its own inside this namespace, while the caller waits.
    ///
    /// Sockets that it opens, `/proc/sys/net` and interface indices that it passes to the kernel belong to the
    /// namespace. A process that it starts with a parent-death signal would end with that thread: see ``Command``.
    ///
    /// - Throws: ``SystemError`` with operation `enterNamespace` when setns(2) refuses, else what `body` throws.
    package borrowing func run<Value>(_ body: () throws(SystemError) -> Value) throws(SystemError) -> Value {
        let number = descriptor.rawValue
        return try runOnOwnThread { () throws(SystemError) -> Value in
            guard shim_enter_network_namespace(number) == 0 else { throw SystemError(.enterNamespace, "", .current) }
            return try body()
        }
    }

    /// Makes `/run/netns` a shared mount, as `ip netns` does, so that names reach other mount namespaces.
    private static func prepareDirectory() throws(SystemError) {
        try Filesystem.makeDirectories(directory)
        let shared = UInt(MS_SHARED | MS_REC)
        if unsafe mount("", directory, "none", shared, nil) == 0 { return }
        guard Errno.current == .invalidArgument,
            unsafe mount(directory, directory, "none", UInt(MS_BIND | MS_REC), nil) == 0,
            unsafe mount("", directory, "none", shared, nil) == 0
        else { throw SystemError(.mount, directory, .current) }
    }
}
