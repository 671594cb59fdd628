// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct MountTableTests {
    @Test func aLineIsTakenApart() throws {
        let text = "36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/ro\\134ot rw,errors=continue\n"
        let mount = try #require(MountTable(parsing: text).mounts.first)
        #expect(mount.id == 36)
        #expect(mount.parentID == 35)
        #expect(mount.root == "/mnt1")
        #expect(mount.path == "/mnt 2")
        #expect(mount.options == ["rw", "noatime"])
        #expect(mount.type == "ext3")
        #expect(mount.source == "/dev/ro\\ot")
        #expect(!mount.isReadOnly)
    }

    @Test(arguments: ["", "garbage", "1 2 3:4 / /x rw", "a b 0:1 / /x rw - t s o", "1 2 0:1 / /x rw -"])
    func aMalformedLineIsLeftOut(line: String) {
        #expect(MountTable(parsing: line + "\n").mounts.isEmpty)
    }

    @Test(arguments: [
        ("29 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"),
        (
            """
            31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
            32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
            """, "/sys/fs/cgroup/unified"
        ),
        ("29 23 0:26 /a /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", nil),
        ("29 23 0:26 / /c rw - cgroup2 cgroup2 rw\n30 23 0:27 / /c rw - tmpfs tmpfs rw\n", nil),
        ("", nil),
    ])
    func theCgroup2RootIsFoundInAnyHierarchy(text: String, path: String?) {
        #expect(MountTable(parsing: text).cgroup2 == path)
    }

    @Test func aReadOnlyMountSaysSo() {
        let table = MountTable(parsing: "24 1 0:2 / /x ro,nosuid - bpf bpf rw\n")
        #expect(table.mount(at: "/x")?.isReadOnly == true)
        #expect(table.mount(at: "/y") == nil)
        #expect(table.bpf == ["/x"])
    }

    @Test func theRunningKernelsTableHoldsProc() throws {
        #expect(try MountTable.current().mount(at: "/proc")?.type == "proc")
    }

    @Test(.needsRoot) func theCgroup2MountOfThisNodeIsACgroup2() throws {
        let path = try #require(try MountTable.current().cgroup2)
        #expect(try Filesystem.kind(path) == .cgroup2)
    }

    @Test(.needsRoot) func aBPFFilesystemIsMountedAndUnmounted() throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/bpf fs"
        try Filesystem.makeDirectory(path)
        try Filesystem.mountBPF(at: path)
        defer { unsafe umount2(path, Int32(MNT_DETACH)) }
        #expect(try Filesystem.kind(path) == .bpf)
        #expect(try MountTable.current().bpf.contains(path))
        try Filesystem.unmount(path)
        #expect(try Filesystem.kind(path) == nil)
        #expect(throws: SystemError(.unmount, path, .invalidArgument)) { try Filesystem.unmount(path) }
        #expect(throws: SystemError(.mount, "/nowhere", .noEntry)) { try Filesystem.mountBPF(at: "/nowhere") }
    }
}
