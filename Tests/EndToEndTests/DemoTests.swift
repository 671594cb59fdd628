// SPDX-License-Identifier: Apache-2.0

import Glibc
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    @Suite struct DemoTests {
        /// How far a demo has come, as its lab's directory shows it.
        enum Progress: CaseIterable, Sendable {
            case hasDirectory
            case hasNode
            case isEnabling
            case isEnabled

            func isReached(in directory: String) -> Bool {
                let paths =
                    switch self {
                    case .hasDirectory: [""]
                    case .hasNode: ["/n1/bpf"]
                    // The staging directory becomes the other one.
                    case .isEnabling: ["/n1/bpf/ebpfctl-staging", "/n1/bpf/ebpfctl"]
                    case .isEnabled: ["/n2/bpf/ebpfctl"]
                    }
                return paths.contains { Filesystem.exists(directory + $0) }
            }
        }

        @Test func theDemoServesAllItsClientsAndLeavesNothing() throws {
            let result = try Tool.run("demo", "-o", "json")
            let document = try result.object()
            #expect(result.status == .exited(0))
            #expect(document["success"] as? Bool == true)
            let traffic = try #require(document["traffic"] as? [[String: Any]])
            #expect(traffic.count == 12)
            for row in traffic {
                let answers = try #require(row["answers"] as? [[String: Any]])
                #expect(answers.compactMap { $0["count"] as? Int }.reduce(0, +) == 20, "\(row)")
                #expect(answers.compactMap { $0["server"] as? String } == ["n1p1", "n2p1"], "\(row)")
                #expect((row["failures"] as? [Any])?.isEmpty == true)
            }
            #expect(
                try expectReplies(in: document) == ["tunnel", "tunnel", "tunnel", "tunnel", "dsr", "dsr", "dsr", "dsr"])
            try expectNothing(of: #require(document["lab"] as? String))
        }

        @Test(arguments: ["tunnel", "dsr"])
        func aDemoOfOneWayShowsThatWayOnly(way: String) throws {
            let result = try Tool.run("demo", "--return", way, "-o", "json")
            #expect(result.status == .exited(0))
            #expect(try expectReplies(in: result.object()) == [way, way, way, way])
        }

        /// The pod saw the client outside, and replies left by the node that the way names.
        ///
        /// - Returns: the way of each row.
        private func expectReplies(in document: [String: Any]) throws -> [String] {
            let rows = try #require(document["outside"] as? [[String: Any]])
            return try rows.map { row in
                let answers = try #require(row["answers"] as? [[String: Any]])
                #expect(
                    answers.map { $0["server"] as? String } == ["n2p1"] && answers[0]["count"] as? Int == 20, "\(row)")
                let client = row["family"] as? String == "IPv4" ? "192.0.2.10" : "2001:db8:c::a"
                let seen = try #require(row["clientsSeen"] as? [[String: Any]])
                #expect(seen.map { $0["address"] as? String } == [client], "\(row)")
                let way = try #require(row["return"] as? String)
                let sent = try #require(row["packetsSent"] as? [[String: Any]])
                let toClient = sent.compactMap { $0["toClient"] as? Int }
                let toOtherNode = sent.compactMap { $0["toOtherNode"] as? Int }
                if way == "tunnel" {
                    #expect(toClient[0] >= 20 && toClient[1] == 0 && toOtherNode[1] == toClient[0], "\(row)")
                } else {
                    #expect(toClient[0] == 0 && toClient[1] >= 20 && toOtherNode[1] == 0, "\(row)")
                }
                #expect(toOtherNode[0] >= 20, "\(row)")
                return way
            }
        }

        /// From the first moment at which there is something to take away to one when all is enabled.
        @Test(arguments: Progress.allCases, [SIGINT, SIGTERM])
        func anInterruptedDemoLeavesNothing(progress: Progress, signal: Int32) throws {
            var command = Command(Tool.path, ["demo"])
            command.output = .pipe
            command.error = .pipe
            command.diesWithParent = false
            let demo = try command.start()
            var lab: String?
            let isThere = try eventually(within: Tool.patience) {
                lab = lab ?? labs().first { isBuilt($0, by: demo.id) }
                return lab.map { progress.isReached(in: "\(LabRemains.parent)/\($0)") } ?? false
            }
            try #require(isThere)
            demo.send(signal: signal)
            let result = try demo.collect(until: Deadline(after: Tool.patience))
            #expect(result.status == .exited(1))
            #expect(result.text == "")
            #expect(result.errorText.hasSuffix("ebpfctl: interrupted\n"), "\(result.outcome)")
            try expectNothing(of: #require(lab))
        }

        @Test func aLabThatIsKeptCanBeLookedAtWithThePrintedCommands() throws {
            let result = try Tool.run("demo", "--keep", "-o", "json")
            #expect(result.status == .exited(0))
            let lab = try #require(result.object()["lab"] as? String)
            defer { _ = LabRemains(of: lab).remove() }
            #expect(try NetworkNamespace.names().contains("\(lab)-n1"))
            let commands = result.errorText.split(separator: "\n").filter { $0.hasPrefix("  ") }.map(String.init)
            // The path of the executable under test, which is not the one on PATH.
            let path = try Filesystem.resolve(Tool.path)
            let own = commands.filter { $0.contains("\(path) ") }
            #expect(own.count == 3, "\(commands)")
            for line in own.dropLast() { #expect(try !Shell.run(line).isEmpty, "\(line)") }
            let last = try #require(own.last)
            #expect(last == "  \(path) demo --clean \(lab)")
            let unknown = try Tool.run("demo", "--clean", "\(lab)x")
            #expect(unknown.status == .exited(3))
            #expect(unknown.errorText.hasPrefix("ebpfctl: cannot clean lab '\(lab)x': no such lab is kept\n"))
            #expect(try Shell.run(last).contains("lab \(lab) deleted\n"))
            try expectNothing(of: lab)
        }

        private func labs() -> [String] { LabRemains.all().map(\.name) }

        /// The process that builds a lab holds its lock.
        private func isBuilt(_ lab: String, by process: Int32) -> Bool {
            guard let inode = try? Filesystem.identity("\(LabRemains.parent)/\(lab)/lock").inode,
                let locks = try? Filesystem.readText("/proc/locks")
            else { return false }
            return locks.split(separator: "\n").contains { line in
                line.contains(" \(process) ") && line.contains(":\(inode) ")
            }
        }

        private func expectNothing(of lab: String) throws {
            #expect(try NetworkNamespace.names().filter { $0.hasPrefix("\(lab)-") } == [])
            #expect(!Filesystem.exists("\(LabRemains.parent)/\(lab)"))
            let mounts = try MountTable.current()
            #expect(mounts.bpf.filter { $0.contains(lab) } == [])
            let cgroup = try #require(mounts.cgroup2)
            #expect(!Filesystem.exists("\(cgroup)/\(lab)"))
        }
    }
}
