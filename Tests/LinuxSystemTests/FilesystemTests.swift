// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct FilesystemTests {
    let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    @Test func aWrittenFileReadsBack() throws {
        let path = scratch.path + "/file"
        try Filesystem.write("one\n", to: path, creating: true)
        try Filesystem.write("2", to: path, creating: true)
        #expect(try Filesystem.readText(path) == "2")
    }

    @Test func writingDoesNotMakeAFileUnasked() {
        let path = scratch.path + "/absent"
        #expect(throws: SystemError(.openFile, path, .noEntry)) { try Filesystem.write("x", to: path) }
        #expect(!Filesystem.exists(path))
    }

    @Test func aFileBeyondTheLimitIsRefused() throws {
        let path = scratch.path + "/file"
        try Filesystem.write("12345", to: path, creating: true)
        #expect(try Filesystem.readText(path, limit: 5) == "12345")
        #expect(throws: SystemError(.readFile, path, .fileTooLarge)) { try Filesystem.readText(path, limit: 4) }
    }

    @Test func aFileOfTheKernelIsReadWhole() throws {
        #expect(try Filesystem.readText("/proc/self/maps").hasSuffix("\n"))
    }

    @Test func directoriesAreMadeListedAndRemoved() throws {
        let deep = scratch.path + "/b/c"
        try Filesystem.makeDirectories(deep)
        try Filesystem.makeDirectories(deep)
        try Filesystem.write("", to: scratch.path + "/a", creating: true)
        #expect(try Filesystem.list(scratch.path) == ["a", "b"])
        #expect(throws: SystemError(.removeDirectory, scratch.path + "/b", .notEmpty)) {
            try Filesystem.removeDirectory(scratch.path + "/b")
        }
        try Filesystem.removeDirectory(deep)
        #expect(try Filesystem.list(scratch.path + "/b").isEmpty)
        #expect(throws: SystemError(.listDirectory, deep, .noEntry)) { try Filesystem.list(deep) }
    }

    @Test func aFileInTheWayOfADirectoryIsReported() throws {
        let path = scratch.path + "/a"
        try Filesystem.write("", to: path, creating: true)
        #expect(throws: SystemError(.makeDirectory, path, .exists)) { try Filesystem.makeDirectories(path) }
        #expect(throws: SystemError(.makeDirectory, path, .exists)) { try Filesystem.makeDirectory(path) }
    }

    @Test func renamingReplacesAndResolvingFollowsLinks() throws {
        try Filesystem.write("new", to: scratch.path + "/new", creating: true)
        try Filesystem.write("old", to: scratch.path + "/old", creating: true)
        try Filesystem.rename(scratch.path + "/new", to: scratch.path + "/old")
        #expect(try Filesystem.list(scratch.path) == ["old"])
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/link", withDestinationPath: "old")
        #expect(try Filesystem.resolve(scratch.path + "/./link") == scratch.path + "/old")
        #expect(try Filesystem.identity(scratch.path + "/link") == Filesystem.identity(scratch.path + "/old"))
        try Filesystem.removeFile(scratch.path + "/old")
        #expect(throws: SystemError(.resolvePath, scratch.path + "/link", .noEntry)) {
            try Filesystem.resolve(scratch.path + "/link")
        }
    }

    @Test func theKindOfAFilesystemIsRecognised() throws {
        #expect(try Filesystem.kind("/proc/self") == .proc)
        #expect(try Filesystem.kind(scratch.path) == nil)
    }

    @Test func aDescriptorTakesAndGivesAllItsBytes() throws {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let path = scratch.path + "/bytes"
        try Descriptor(opening: path, flags: O_WRONLY | O_CREAT).write(bytes, to: path)
        #expect(try Filesystem.read(path) == bytes)
        let second = try Descriptor(opening: path, flags: O_RDONLY).duplicate()
        #expect(try second.read(upTo: 3, from: path) == [0, 1, 2])
    }
}

@Suite struct AdvisoryLockTests {
    let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    @Test func aHeldLockTimesOutAndNamesItsHolder() throws {
        let path = scratch.path + "/lock"
        do {
            let held = try AdvisoryLock(at: path, until: soon())
            #expect(throws: SystemError(.lock, path, .timedOut)) {
                _ = try AdvisoryLock(at: path, until: Deadline(after: .milliseconds(30)))
            }
            #expect(AdvisoryLock.holder(of: path) == getpid())
            withExtendedLifetime(held) {}
        }
        // A process that another test just starts holds on to it until it runs its program.
        _ = try AdvisoryLock(at: path, until: soon())
    }

    @Test func askingForAHolderMakesNoFile() throws {
        let path = scratch.path + "/lock"
        #expect(!AdvisoryLock.isFree(path))
        #expect(!Filesystem.exists(path))
        let held = try AdvisoryLock(at: path, until: soon())
        #expect(!AdvisoryLock.isFree(path))
        withExtendedLifetime(held) {}
        try Filesystem.write("", to: scratch.path + "/free", creating: true)
        #expect(AdvisoryLock.isFree(scratch.path + "/free"))
    }

    @Test func aLockInAnAbsentDirectoryIsRefused() {
        let path = scratch.path + "/none/lock"
        #expect(throws: SystemError(.lock, path, .noEntry)) { _ = try AdvisoryLock(at: path, until: .never) }
    }
}

@Suite struct DeadlineTests {
    @Test func aDeadlineCountsDownOnTheMonotonicClock() {
        let before = MonotonicClock.nanoseconds
        let deadline = Deadline(after: .milliseconds(1500))
        let after = MonotonicClock.nanoseconds
        let end = deadline.nanoseconds ?? 0
        #expect((before + 1_500_000_000...after + 1_500_000_000).contains(end))
        #expect(!deadline.hasPassed)
        #expect((1...1500).contains(deadline.remainingMilliseconds))
    }

    @Test func aPastDeadlineHasPassedAndNeverDoesNot() {
        #expect(Deadline(after: .zero).hasPassed)
        #expect(Deadline(after: .seconds(-1)).hasPassed)
        #expect(!Deadline.never.hasPassed)
        #expect(Deadline.never.remainingMilliseconds == -1)
    }
}
