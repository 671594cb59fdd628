// SPDX-License-Identifier: Apache-2.0

import BPFRuntime
import CommandLineKit
import Dataplane
import LinuxSystem

/// The place that `program attach` and `program detach` are told: an interface's hook, or a cgroup.
enum ProgramPlace {
    case interface(name: String, index: UInt32, TrafficDirection)
    case cgroup(String)

    static let arguments = [
        ArgumentSpec(
            ValueSpec("PROGRAM", .live(["program", "list", "-q"])),
            "Program, such as from_workload_v4; without the family both")
    ]

    /// For cgroups the global `--cgroup` is the place.
    static let options = [
        OptionSpec(
            "interface", value: ValueSpec("IF", .live(["interface", "list", "-q"])), requires: ["hook"],
            "Interface whose packets it is to see"),
        OptionSpec(
            "hook", value: ValueSpec("HOOK", .enumeration(TrafficDirection.allCases.map(\.rawValue))),
            requires: ["interface"], "Packets that the interface receives or sends"),
        DryRun.option,
    ]

    /// The programs that the words name, one per family that is wanted.
    static func programs(_ context: CommandContext) throws -> [DataplaneProgram] {
        let name = try context.invocation.required("PROGRAM") { $0 }
        let known = DataplaneProgram.named(name)
        guard !known.isEmpty else {
            throw DataplaneError.unknownProgram(name, known: DataplaneProgram.known.map(\.pinName))
        }
        return known.filter { context.families.contains($0.family) }
    }

    /// The place, checked against what the programs are made for before anything is opened.
    static func place(
        _ context: CommandContext, for programs: [DataplaneProgram]
    ) throws -> ProgramPlace {
        let words = context.invocation
        let name = words.value("interface")
        for program in programs { try check(program, words) }
        guard let name, let direction = words.value("hook").flatMap(TrafficDirection.init(rawValue:)) else {
            return .cgroup(try cgroup(context))
        }
        return .interface(name: name, index: try InterfaceNames.current().index(of: name), direction)
    }

    private static func check(_ program: DataplaneProgram, _ words: Invocation) throws(CommandError) {
        let hook = words.value("hook")
        switch program.hook {
        case .interface(_, let direction):
            guard hook != nil else {
                throw .selection(.needsInterface(program: program.pinName), words.command)
            }
            guard hook == direction.rawValue else {
                throw .selection(
                    .wrongDirection(program: program.pinName, needs: direction.rawValue), words.command)
            }
        case .cgroup:
            guard hook == nil else {
                throw .selection(.needsCgroup(program: program.pinName), words.command)
            }
        }
    }

    private static func cgroup(_ context: CommandContext) throws -> String {
        if let path = context.location.cgroup { return path }
        guard let path = try MountTable.current().cgroup2 else { throw DataplaneError.noCgroup }
        return path
    }

    /// How messages name it.
    var text: String {
        switch self {
        case .interface(let name, _, let direction): "\(name) \(direction.rawValue)"
        case .cgroup(let path): path
        }
    }

    /// The same as one word: `eth0/ingress`.
    var word: String {
        switch self {
        case .interface(let name, _, let direction): "\(name)/\(direction.rawValue)"
        case .cgroup(let path): path
        }
    }

    /// Whether an attachment is here; of cgroups there is only the hook to tell by.
    func matches(_ point: AttachPoint) -> Bool {
        switch (self, point) {
        case (.interface(_, let index, let direction), .interface(let other, let theirs, _)):
            index == other && direction == theirs
        case (.cgroup, .cgroup): true
        default: false
        }
    }
}
