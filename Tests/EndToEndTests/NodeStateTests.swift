// SPDX-License-Identifier: Apache-2.0

import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// What the tool says to a node in an unexpected state, and that it leaves that state alone.
    @Suite(.sharedLab) struct NodeStateTests {
        private let lab: HandmadeLab

        init() throws {
            lab = try .shared()
            try lab.succeed("disable")
        }

        /// The location as it stands in hints.
        private var options: String { lab.location.joined(separator: " ") }

        @Test(arguments: [
            "status", "service list", "service get a/b", "service delete a/b", "backend list", "conntrack list",
            "conntrack stats", "route list", "route sync", "program list", "counter list",
            "service set a/b --vip 10.0.0.1:80/tcp --backend 10.1.0.2:80",
        ])
        func commandsSayThatNothingIsEnabled(words: String) throws {
            let message = """
                ebpfctl: cannot open the dataplane under '\(lab.bpffs)': it is not enabled
                hint: 'ebpfctl enable \(options)'

                """
            #expect(try lab.tool(words.split(separator: " ").map(String.init)).outcome == Outcome(3, error: message))
        }

        @Test func disablingWhatIsNotEnabledSucceeds() throws {
            let result = try lab.tool("disable")
            #expect(
                result.outcome
                    == Outcome(
                        0, "dataplane \(lab.bpffs)/ebpfctl unchanged\n",
                        error: "no dataplane was enabled under \(lab.bpffs)\n"))
        }

        @Test func theStatusIsHealthyDegradedOrAbsent() throws {
            #expect(try lab.tool("status", "-q").status == .exited(3))
            try lab.succeed(HandmadeLab.enableWords)
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
            try lab.succeed("program", "detach", "from_uplink", "--interface", "eth0", "--hook", "ingress")
            #expect(try lab.tool("status", "-q").outcome == Outcome(1, "degraded\n"))
            try lab.succeed(HandmadeLab.enableWords)
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
        }

        @Test func aSecondEnableChangesNothingAndSaysSo() throws {
            try lab.succeed(HandmadeLab.enableWords)
            let objects = try KernelObjects(of: lab)
            let report = try lab.succeed(HandmadeLab.enableWords + ["-o", "json"]).object()
            #expect(report["outcome"] as? String == "unchanged")
            #expect((report["changes"] as? [Any])?.isEmpty == true)
            #expect(try KernelObjects(of: lab) == objects)
            let text = try lab.succeed(HandmadeLab.enableWords).text
            #expect(text.hasPrefix("Dataplane:     \(lab.bpffs)/ebpfctl unchanged\n"))
            #expect(text.contains("\nChanges:       <none>\n"))
        }

        @Test func aMapCanBeMadeLargerAndSmallerAgainWithItsServices() throws {
            try lab.serve()
            for slots in [8192, 4096] {
                try lab.succeed(HandmadeLab.enableWords + ["--map-size", "slots=\(slots)"])
                for isOutside in [false, true] {
                    let tally = try lab.ask(
                        Traffic(to: HandmadeLab.virtualAddress, times: 48), outsideCgroup: isOutside)
                    #expect(tally.isSpread(over: .pod2, .pod3, .remote, times: 48), "\(tally.answers)")
                }
            }
        }

        @Test func anUnknownInterfaceIsRefusedBeforeAnythingIsDone() throws {
            let message = """
                ebpfctl: cannot choose interfaces: unknown uplink 'eth9': no such interface
                hint: the interfaces here are eth0, h1, h2, h3; see 'ebpfctl interface list'

                """
            #expect(try lab.tool("enable", "--uplink", "eth9").outcome == Outcome(3, error: message))
            #expect(try Filesystem.list(lab.bpffs).filter { $0.hasPrefix("ebpfctl") } == [])
        }

        @Test(arguments: ["", "/maps", "/programs", "/links"])
        func foreignFilesAmongThePinsAreLeftAlone(place: String) throws {
            try lab.succeed(HandmadeLab.enableWords)
            let foreign = "\(lab.bpffs)/ebpfctl\(place)/theirs"
            try Shell.run("bpftool map create \(foreign) type array key 4 value 4 entries 1 name theirs")
            defer { #expect(throws: Never.self) { try Filesystem.removeFile(foreign) } }
            let before = try NodeTraces(of: lab)
            let message = """
                ebpfctl: cannot use the pin directory: '\(foreign)' is not ours
                hint: 'find \(foreign) -ls' shows what it is; move it away

                """
            for words in [HandmadeLab.enableWords, ["disable"]] {
                #expect(try lab.tool(words).outcome == Outcome(1, error: message))
            }
            #expect(try NodeTraces(of: lab) == before)
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
        }

        @Test func pinsOfALaterVersionAreNotTouchedButCanBeTakenAway() throws {
            try lab.succeed(HandmadeLab.enableWords)
            let objects = try KernelObjects(of: lab)
            let writer = try writeVersion(99)
            let before = try NodeTraces(of: lab)
            let message = """
                ebpfctl: cannot read the dataplane of version '\(writer)': its ABI version is 99, this tool knows 2
                hint: use that version, or take the dataplane away with 'ebpfctl disable \(options)'

                """
            for words in [
                ["status"], ["service", "list"], HandmadeLab.enableWords, ["route", "sync"], ["conntrack", "list"],
                ["service", "set", "a/b", "--vip", "10.0.0.1:80/tcp", "--backend", "10.1.0.2:80"],
            ] {
                #expect(try lab.tool(words).outcome == Outcome(5, error: message))
            }
            #expect(try NodeTraces(of: lab) == before)
            #expect(try KernelObjects(of: lab) == objects)
            try lab.succeed("disable")
            #expect(try objects.vanish())
        }

        /// Overwrites the version number at the head of the one entry of `meta`.
        ///
        /// - Returns: the version text that follows later in it.
        private func writeVersion(_ number: UInt8) throws -> String {
            let pin = "\(lab.bpffs)/ebpfctl/maps/meta"
            let listing = try Shell.run("bpftool -j map lookup pinned \(pin) key 0 0 0 0")
            let bytes = listing.split(separator: "[")[2].split(separator: "]")[0].split(separator: ",")
                .compactMap { UInt8($0.dropFirst().dropLast().dropFirst(2), radix: 16) }
            let value = ([number] + bytes.dropFirst()).map(String.init).joined(separator: " ")
            try Shell.run("bpftool map update pinned \(pin) key 0 0 0 0 value \(value)")
            return String(decoding: bytes[24..<56].prefix { $0 != 0 }, as: UTF8.self)
        }

        /// To a process that may do all but look into other people's directories.
        @Test(arguments: ["status", "service list", "disable"])
        func aBPFFSThatMayNotBeReadIsNotTakenForAnEmptyOne(words: String) throws {
            try lab.succeed(HandmadeLab.enableWords)
            try Shell.run("chown 65534 \(lab.bpffs); chmod 700 \(lab.bpffs)")
            defer { #expect(throws: Never.self) { try Shell.run("chown 0 \(lab.bpffs)") } }
            let overrides = "-dac_override,-dac_read_search"
            let command = Command(
                "/usr/bin/env",
                ["setpriv", "--bounding-set=\(overrides)", "--inh-caps=\(overrides)", Tool.path]
                    + words.split(separator: " ").map(String.init) + lab.location)
            let result = try lab.start(command, on: .node).collect(until: Deadline(after: Tool.patience))
            let message = "ebpfctl: cannot look at '\(lab.bpffs)/ebpfctl': permission denied (EACCES)\n"
            #expect(result.outcome == Outcome(4, error: message))
        }

        /// Mounting one there would hide the files.
        @Test func aDirectoryWithFilesDoesNotBecomeABPFFS() throws {
            let occupied = "\(lab.bpffs)/../occupied"
            try Shell.run("mkdir -p \(occupied)/file")
            defer { #expect(throws: Never.self) { try Shell.run("rmdir \(occupied)/file \(occupied)") } }
            let words = ["enable", "--uplink", "eth0", "--bpffs", occupied, "--cgroup", lab.cgroup]
            let result = try lab.start(Command(Tool.path, words), on: .node)
                .collect(until: Deadline(after: Tool.patience))
            let message = """
                ebpfctl: cannot mount a bpffs at '\(occupied)': it would hide the files in it (ENOTEMPTY)
                hint: mount one elsewhere, 'mount -t bpf bpf DIR', and name it with '--bpffs DIR'

                """
            #expect(result.outcome == Outcome(1, error: message))
            #expect(try Filesystem.list(occupied) == ["file"])
        }

        @Test func commandsThatChangeThingsWaitForEachOther() throws {
            try lab.succeed(HandmadeLab.enableWords)
            var running: [ChildProcess] = []
            for number in 1...6 {
                running.append(
                    try lab.startTool([
                        "service", "set", "default/s\(number)", "--vip", "10.96.1.\(number):80/tcp", "--backend",
                        "10.1.0.2:8080", "--backend", "10.1.0.3:8080", "--timeout", "2m",
                    ]))
                let size = ["--map-size", "routes=\(1000 + number)", "--timeout", "2m"]
                running.append(try lab.startTool(HandmadeLab.enableWords + size))
            }
            for process in running {
                let result = try process.collect(until: Deadline(after: .seconds(150)))
                #expect(result.status.isSuccess, "\(result.outcome)")
            }
            let services = try lab.succeed("service", "list", "-o", "name").text
            #expect(services == (1...6).map { "default/s\($0)\n" }.joined())
            #expect(try lab.tool("status", "-q").outcome == Outcome(0, "healthy\n"))
            for number in 1...6 {
                let tally = try lab.ask(Traffic(to: "10.96.1.\(number):80", times: 4), outsideCgroup: true)
                #expect(tally.failures.isEmpty && tally.answered == 4, "\(tally)")
            }
        }

        @Test func aCommandThatWaitsInVainNamesTheOtherProcess() throws {
            try lab.succeed(HandmadeLab.enableWords)
            let holder = try lab.start(
                Command("/usr/bin/env", ["flock", "--exclusive", lab.bpffs, "sh", "-c", "echo held; sleep infinity"]),
                on: .node)
            #expect(try holder.readLine(until: Deadline(after: Tool.patience)) == "held")
            let result = try lab.tool("service", "delete", "a/b", "--timeout", "50ms")
            let message = """
                ebpfctl: cannot lock the dataplane: process \(holder.id) is changing it
                hint: wait longer for it with '--timeout 1m'

                """
            #expect(result.outcome == Outcome(1, error: message))
            #expect(try lab.tool("service", "list", "-q").outcome == Outcome(0))
        }
    }
}
