// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ProgramDetach: Command {
    package static let spec = CommandSpec(
        noun: "program", verb: "detach", "Detach a program",
        details: [
            "Traffic goes on without it, through the host stack. The next 'enable' attaches its own programs again."
        ],
        arguments: ProgramPlace.arguments, options: ProgramPlace.options,
        examples: [
            Example("ebpfctl program detach from_workload --interface veth9 --hook ingress", "Leave a pod alone"),
            Example("ebpfctl program detach connect4", "No more balancing of IPv4 connect() calls"),
        ],
        requirements: [Requirement.enabled, Requirement.root],
        exitCodes: ExitMeaning.standard([
            .notFound: "no such program or interface, it is not attached there, or the dataplane is not enabled"
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let programs = try ProgramPlace.programs(context)
        let place = try ProgramPlace.place(context, for: programs)
        try context.require(Privilege.node)
        let dataplane = try context.writing()
        let attached = try dataplane.attachments()
        guard attached.contains(where: { programs.contains($0.program) && place.matches($0.point) }) else {
            let name = try context.invocation.required("PROGRAM") { $0 }
            throw DataplaneError.notAttached(program: name, to: place.text)
        }
        return try context.forEach(programs) { program in
            guard attached.contains(where: { $0.program == program && place.matches($0.point) }) else {
                throw DataplaneError.notAttached(program: program.pinName, to: place.text)
            }
            if !context.isDryRun { _ = try dataplane.detach(program, where: place.matches) }
            return Change("attachment", "\(program.pinName):\(place.word)", .deleted, isDryRun: context.isDryRun)
        }
    }
}
