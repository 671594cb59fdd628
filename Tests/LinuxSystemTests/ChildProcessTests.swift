// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import LinuxSystem

@Suite struct ChildProcessTests {
    private func shell(_ script: String) -> Command { Command("/bin/sh", ["-c", script]) }

    @Test func outputErrorsAndStatusAreCollected() throws {
        let result = try shell("echo out; echo err >&2; exit 3").run(until: soon())
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
        #expect(result.status == .exited(3))
        #expect(!result.status.isSuccess && !result.didTimeOut && !result.isTruncated)
    }

    @Test func longOutputIsCutAndReadToItsEnd() throws {
        let result = try shell("head -c 300000 /dev/zero").run(limit: 1000, until: soon())
        #expect(result.output == [UInt8](repeating: 0, count: 1000))
        #expect(result.isTruncated)
        #expect(result.status.isSuccess)
    }

    @Test func theDeadlineKillsTheWholeGroup() throws {
        let result = try shell("sleep 1000 & echo $!; wait").run(until: Deadline(after: .milliseconds(200)))
        #expect(result.didTimeOut)
        #expect(result.status == .killed(signal: SIGKILL))
        let grandchild = try #require(Int32(result.text.dropLast()))
        let deadline = soon()
        while isAlive(grandchild), !deadline.hasPassed { sched_yield() }
        #expect(!isAlive(grandchild))
    }

    /// A zombie that its new parent has not reaped yet is not alive.
    private func isAlive(_ id: Int32) -> Bool {
        guard let state = try? Filesystem.readText("/proc/\(id)/stat") else { return false }
        return !state.contains(") Z ") && !state.contains(") X ")
    }

    @Test func aMissingProgramIsReported() {
        #expect(throws: SystemError(.startProcess, "/no/program", .noEntry)) { try Command("/no/program").start() }
    }

    @Test func argumentsAndEnvironmentArriveAsGiven() throws {
        var command = Command("/bin/sh", ["-c", "echo \"$0|$1|$A|$HOME\"", "a b", ""])
        command.environment = ["A": "x=y"]
        #expect(try command.run(until: soon()).text == "a b||x=y|\n")
    }

    @Test func linesAreReadAsTheyCome() throws {
        var command = shell("echo ready; echo second; exec sleep 1000")
        command.output = .pipe
        let child = try command.start()
        #expect(try child.readLine(until: soon()) == "ready")
        #expect(try child.readLine(until: soon()) == "second")
        #expect(try child.readLine(until: Deadline(after: .milliseconds(20))) == nil)
        #expect(child.status == nil)
        child.send(signal: SIGTERM)
        #expect(try child.wait(until: soon()) == .killed(signal: SIGTERM))
        #expect(child.status == .killed(signal: SIGTERM))
    }

    @Test func theLastReferenceTakesTheProcessAlong() throws {
        var child: ChildProcess? = try shell("exec sleep 1000").start()
        let id = try #require(child?.id)
        #expect(kill(id, 0) == 0)
        child = nil
        #expect(kill(id, 0) == -1)
    }

    @Test func streamsLeadToFiles() throws {
        let scratch = try ScratchDirectory()
        try Filesystem.write("content", to: scratch.path + "/in", creating: true)
        var command = Command("/bin/cat")
        command.input = .file(scratch.path + "/in")
        command.output = .file(scratch.path + "/out")
        #expect(try command.start().wait(until: soon()) == .exited(0))
        #expect(try Filesystem.readText(scratch.path + "/out") == "content")
    }

    @Test func signalsOfTheChildAreAtTheirDefaults() throws {
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe sigaddset(&mask, SIGUSR1)
        unsafe pthread_sigmask(SIG_BLOCK, &mask, nil)
        defer { unsafe pthread_sigmask(SIG_UNBLOCK, &mask, nil) }
        signal(SIGWINCH, SIG_IGN)
        defer { signal(SIGWINCH, SIG_DFL) }
        let status = try shell("cat /proc/self/status").run(until: soon()).text
        #expect(status.contains("SigBlk:\t0000000000000000\n"))
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") })
        let ignored = try #require(UInt64(line.dropFirst("SigIgn:".count + 1), radix: 16))
        #expect(ignored & 1 << UInt64(SIGWINCH - 1) == 0)
    }

    @Test(.needsRoot) func theProgramRunsInItsCgroup() throws {
        let root = try #require(try MountTable.current().cgroup2)
        let cgroup = "\(root)/ebpfctl-test-\(UInt32.random(in: 0 ... .max))"
        try Filesystem.makeDirectory(cgroup)
        defer { unsafe rmdir(cgroup) }
        var command = Command("/bin/cat", ["/proc/self/cgroup"])
        command.cgroup = cgroup
        #expect(try command.run(until: soon()).text.contains("0::\(cgroup.dropFirst(root.count))\n"))
        command.cgroup = cgroup + "/none"
        #expect(throws: SystemError(.openFile, cgroup + "/none/cgroup.procs", .noEntry)) { try command.start() }
        try Filesystem.removeDirectory(cgroup)
    }

    @Test(.needsRoot) func theProgramRunsInItsNamespace() throws {
        let namespace = try NetworkNamespace.anonymous()
        let text = try Command("/bin/readlink", ["/proc/self/ns/net"]).run(in: namespace, until: soon()).text
        #expect(text == "net:[\(namespace.inode)]\n")
    }

    @Test(.needsRoot) func privateMountsAreSeenByTheProgramOnly() throws {
        let scratch = try ScratchDirectory()
        var command = Command("/usr/bin/stat", ["-f", "-c", "%t", scratch.path])
        command.privateMounts = [Command.PrivateMount(type: "bpf", path: scratch.path)]
        #expect(try command.run(until: soon()).text == "cafe4a11\n")
        #expect(try Filesystem.kind(scratch.path) == nil)
        command.privateMounts = [Command.PrivateMount(type: "none-such", path: scratch.path)]
        #expect(throws: SystemError(.startProcess, "/usr/bin/stat with mounts of its own", .noDevice)) {
            try command.start()
        }
    }
}
