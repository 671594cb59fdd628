// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One line of `/proc/self/mountinfo`.
package struct Mount: Hashable, Sendable {
    package let id: Int
    package let parentID: Int

    /// The directory of the filesystem that is visible at ``path``; `/` unless it is a bind mount of a part.
    package let root: String

    package let path: String
    package let options: [String]
    package let type: String
    package let source: String

    package var isReadOnly: Bool { options.contains("ro") }
}

/// The mounts that the calling process sees, in the order the kernel lists them.
package struct MountTable: Hashable, Sendable {
    package let mounts: [Mount]

    package init(mounts: [Mount]) {
        self.mounts = mounts
    }

    /// Reads `/proc/self/mountinfo`.
    package static func current() throws(SystemError) -> MountTable {
        let path = "/proc/self/mountinfo"
        do throws(SystemError) {
            return MountTable(parsing: try Filesystem.readText(path))
        } catch {
            throw SystemError(.readMounts, path, error.errno)
        }
    }

    /// Parses the text of a `mountinfo` file; lines that do not follow proc(5) are left out.
    package init(parsing text: String) {
        mounts = text.split(separator: "\n").compactMap(Mount.init(line:))
    }

    /// The mount that shows at exactly this path: of several the last, which hides the others.
    package func mount(at path: String) -> Mount? {
        mounts.last { $0.path == path }
    }

    /// Where a filesystem of that type can be used as a whole, not hidden by a later mount on the same path.
    package func paths(ofType type: String) -> [String] {
        mounts.filter { $0.type == type && $0.root == "/" && mount(at: $0.path) == $0 }.map(\.path)
    }

    /// The root of the cgroup2 hierarchy: `/sys/fs/cgroup`, or `…/unified` beside version 1 hierarchies.
    package var cgroup2: String? {
        let paths = paths(ofType: "cgroup2")
        return paths.first { $0.hasPrefix("/sys/fs/cgroup") } ?? paths.first
    }

    /// All bpf filesystems.
    package var bpf: [String] { paths(ofType: "bpf") }
}

extension Mount {
    /// `36 35 98:0 /root /path rw,noatime shared:1 - ext4 /dev/sda rw`; the optional fields end with the lone dash.
    fileprivate init?(line: Substring) {
        let fields = line.split(separator: " ")
        guard let dash = fields.dropFirst(6).firstIndex(of: "-"), fields.count >= dash + 3,
            let id = Int(fields[0]), let parentID = Int(fields[1])
        else { return nil }
        self.id = id
        self.parentID = parentID
        root = Self.unescape(fields[3])
        path = Self.unescape(fields[4])
        options = fields[5].split(separator: ",").map(String.init)
        type = Self.unescape(fields[dash + 1])
        source = Self.unescape(fields[dash + 2])
    }

    /// The kernel writes space, tab, newline, backslash and `#` as a backslash and three octal digits.
    private static func unescape(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Filesystem {
    /// Mounts a new bpf filesystem, closed to other users, on a directory that exists.
    package static func mountBPF(at path: String) throws(SystemError) {
        guard unsafe mount("bpf", path, "bpf", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), "mode=0700") == 0 else {
            throw SystemError(.mount, path, .current)
        }
    }

    /// Takes away the topmost mount at `path`, at once even when it is in use; `EINVAL` when none is there.
    package static func unmount(_ path: String) throws(SystemError) {
        guard unsafe umount2(path, Int32(MNT_DETACH)) == 0 else { throw SystemError(.unmount, path, .current) }
    }
}
