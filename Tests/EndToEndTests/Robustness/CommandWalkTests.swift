// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Lab
import LinuxSystem
import Testing

extension EndToEnd {
    /// Walks the whole command table: what holds for one command holds for all, those of later releases included.
    @Suite(.servingLab) struct CommandWalkTests {
        private let lab: HandmadeLab
        private let node: WalkedNode

        init() throws {
            lab = try .shared()
            node = try WalkedNode(lab)
        }

        @Test func everyCommandHasAnExampleThatWorks() {
            let working = Set(node.lines.map(\.command.path))
            #expect(WalkedNode.commands.map(\.path).filter { !working.contains($0) } == [])
        }

        @Test func theTwoDocumentsOfEveryCommandAreOne() throws {
            for line in node.lines where !line.isText {
                let json = try expectDeclared(line.printing("json"))
                let yaml = try expectDeclared(line.printing("yaml"))
                let first = try #require(try? Document(json: json.output), "\(line): \(json.outcome)")
                let documents = try Document.all(yaml: yaml.output)
                try #require(documents.count == 1, "\(line): \(yaml.outcome)")
                #expect(first["apiVersion"] == .string("ebpfctl/v1"), "\(line)")
                #expect(first["kind"] != nil && documents[0]["kind"] == first["kind"], "\(line)")
                if documents[0] == first { continue }
                // What changes from one run to the next, if only now and then, has at least its members in common.
                var second = first
                for _ in 0..<5 where second == first {
                    second = try Document(json: try expectDeclared(line.printing("json")).output)
                }
                #expect(second != first, "\(line): \(yaml.outcome)")
                let members = first.shape.union(second.shape)
                #expect(documents[0].shape.isSubset(of: members), "\(line): \(documents[0].shape.subtracting(members))")
            }
        }

        @Test func aDryRunSaysSoAndChangesNothing() throws {
            let before = try Contents(of: lab)
            for line in node.lines where line.command.mutates {
                let table = try expectDeclared(line)
                #expect(table.text.isEmpty || table.text.contains("(dry run)"), "\(line): \(table.outcome)")
                #expect(try Contents(of: lab) == before, "\(line)")
                let document = try Document(json: try expectDeclared(line.printing("json")).output)
                #expect(document.saysDryRun, "\(line): \(document)")
                #expect(try Contents(of: lab) == before, "\(line)")
            }
        }

        @Test func namesOfEveryCommandAreOneOnEachLine() throws {
            for line in node.lines where !line.isText {
                let names = try expectDeclared(line.printing("name"))
                #expect(!names.text.contains("\n\n") && !names.text.contains("\t"), "\(line): \(names.outcome)")
                #expect(names.text.isEmpty || names.text.hasSuffix("\n"), "\(line): \(names.outcome)")
            }
        }

        /// An object that is not there is told by exit code 3, unless the command is there to make it.
        @Test func anObjectThatIsNotThereIsNotFound() throws {
            var tried = 0
            for line in WalkedNode.commands.flatMap(ToolLine.examples) {
                for object in line.objects() {
                    let isAlone = line.objects().count { $0.value == object.value } == 1
                    guard let listing = object.listing, isAlone else { continue }
                    let adapted = try WalkedNode.adapted(line, to: lab).harmless
                    guard let there = adapted.objects().first(where: { $0.wordIndex == object.wordIndex }) else {
                        continue
                    }
                    let missing = adapted.replacing(there, by: absent(listing))
                    let result = try lab.attempt(missing)
                    // Making it may be the command's purpose, and may fail for another reason.
                    let isMade = line.command.verb == "set"
                    #expect(isMade || result.status == .exited(3), "\(missing): \(result.outcome)")
                    #expect(isMade || result.text == "", "\(missing): \(result.outcome)")
                    tried += 1
                }
            }
            #expect(tried > 10)
        }

        /// A well-formed name of nothing.
        private func absent(_ listing: [String]) -> String {
            switch listing.first {
            case "service": "nowhere/absent"
            case "conntrack": "udp,192.0.2.77:7,192.0.2.78:7"
            case "route": "192.0.2.77/32"
            default: "absent0"
            }
        }

        /// As user and group nobody with no capability at all.
        @Test func anOrdinaryUserIsToldWhichCapabilityIsMissing() throws {
            let tool = try CopiedTool(in: lab)
            for line in node.lines {
                let result = try tool.runAsNobody(line)
                if line.needsPrivilege {
                    #expect(result.status == .exited(4), "\(line): \(result.outcome)")
                    #expect(result.text == "", "\(line)")
                    #expect(result.errorText.hasPrefix("ebpfctl: cannot run '\(line.command.path)': CAP_"), "\(line)")
                    #expect(result.errorText.contains(" missing (EPERM)\nhint: "), "\(line): \(result.outcome)")
                } else {
                    #expect(result.status == .exited(0), "\(line): \(result.outcome)")
                }
            }
        }

        /// Runs a line, which may end only as its manual says.
        private func expectDeclared(_ line: ToolLine) throws -> ProcessOutput {
            let result = try lab.attempt(line)
            let isDeclared = line.declaredCodes.contains { result.status == .exited($0) }
            #expect(isDeclared, "\(line): \(result.outcome)")
            return result
        }
    }

    /// The same table on a node where nothing is enabled.
    @Suite(.sharedLab) struct CommandsWithoutDataplaneTests {
        @Test func whatNeedsADataplaneSaysThatThereIsNone() throws {
            let lab = try HandmadeLab.shared()
            var refused = 0
            for command in WalkedNode.commands {
                guard let line = ToolLine.examples(of: command).first?.harmless else { continue }
                let result = try lab.attempt(WalkedNode.adapted(line, to: lab))
                #expect(line.declaredCodes.contains { result.status == .exited($0) }, "\(line): \(result.outcome)")
                guard line.needsDataplane else { continue }
                refused += 1
                #expect(result.status == .exited(3) && result.text == "", "\(line): \(result.outcome)")
                #expect(
                    result.errorText.hasPrefix(
                        "ebpfctl: cannot open the dataplane under '\(lab.bpffs)': it is not enabled"),
                    "\(line): \(result.outcome)")
            }
            #expect(refused > 10)
        }
    }
}

extension Document {
    /// Somewhere in it stands `dryRun: true`, or it lists nothing that would be done.
    fileprivate var saysDryRun: Bool {
        switch self {
        case .object(let members):
            members["dryRun"] == .bool(true) || members["items"] == .list([])
                || members.values.contains(where: \.saysDryRun)
        case .list(let items): items.contains(where: \.saysDryRun)
        default: false
        }
    }
}

/// All that commands may change on a node: what is attached, pinned and in the tables that commands write.
private struct Contents: Equatable {
    let traces: NodeTraces
    let tables: String

    init(of lab: HandmadeLab) throws {
        traces = try NodeTraces(of: lab)
        tables = try Shell.run(
            """
            cd \(lab.bpffs)/ebpfctl/maps
            for map in frontends slots routes source_ranges; do for family in v4 v6; do
                echo $map $(bpftool map dump pinned ${map}_$family | sort | md5sum)
            done; done
            echo $(bpftool map dump pinned service_names | sort | md5sum) $(bpftool map dump pinned meta | md5sum)
            for family in v4 v6; do bpftool map dump pinned connections_$family | grep -c '"key"' || true; done
            """)
    }
}

/// The tool where everybody may run it, whatever directory it was built in.
private struct CopiedTool {
    private let lab: HandmadeLab
    private let path: String

    init(in lab: HandmadeLab) throws {
        self.lab = lab
        path = "\(lab.directory)/ebpfctl"
        try Shell.run("cp \(Tool.path) \(path); chmod 755 \(path); chmod 777 \(lab.directory)")
    }

    func runAsNobody(_ line: ToolLine) throws -> ProcessOutput {
        let user = ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        let command = Command(
            "/usr/bin/env",
            ["--chdir=\(lab.directory)", "/usr/bin/setpriv"] + user + [path] + line.words + lab.location)
        return try lab.start(command, on: .node).collect(until: Deadline(after: Tool.patience))
    }
}
