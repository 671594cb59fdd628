// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ProgramAttach: Command {
    package static let spec = CommandSpec(
        noun: "program", verb: "attach", "Attach a program by hand",
        details: [
            """
            The program must be one that 'enable' has loaded. What is attached by hand stays when 'enable' runs again, \
            and goes with 'disable'. Interfaces that 'enable' chooses need no attaching.
            """,
            "A program for sockets is attached to the cgroup that --cgroup names, by default to the cgroup2 mount.",
        ],
        arguments: ProgramPlace.arguments, options: ProgramPlace.options,
        examples: [
            Example("ebpfctl program attach from_workload --interface veth9 --hook ingress", "Serve one more pod"),
            Example("ebpfctl program attach connect4 --cgroup /sys/fs/cgroup/tests", "Balance one cgroup's sockets"),
        ],
        requirements: [Requirement.enabled, Requirement.root],
        exitCodes: ExitMeaning.standard([.notFound: "no such program or interface, or the dataplane is not enabled"]),
        mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let programs = try ProgramPlace.programs(context)
        let place = try ProgramPlace.place(context, for: programs)
        try context.require(Privilege.node)
        let dataplane = try context.writing()
        return try context.forEach(programs) { program in
            if !context.isDryRun {
                switch place {
                case .interface(let name, let index, let direction):
                    _ = try dataplane.attach(program, interface: index, named: name, direction)
                case .cgroup(let path): _ = try dataplane.attach(program, cgroup: path)
                }
            }
            return Change("attachment", "\(program.pinName):\(place.word)", .created, isDryRun: context.isDryRun)
        }
    }
}
