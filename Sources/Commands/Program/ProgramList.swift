// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ProgramList: Command {
    package static let spec = CommandSpec(
        noun: "program", verb: "list", aliases: ["dump"], "List the programs and where they are attached",
        examples: [
            Example("ebpfctl program list", "Every loaded program, and on how many hooks it is"),
            Example("ebpfctl program list -o wide", "With each hook"),
        ],
        requirements: [Requirement.enabled, Requirement.inspection],
        exitCodes: ExitMeaning.standard([.notFound: "the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.inspection)
        let programs = try context.reading().programs()
        let names = try InterfaceNames.current()
        let shown = programs.filter { context.families.contains($0.program.family) }
        try context.renderer.list(shown.map { ProgramRow($0, names: names) })
        return .success
    }
}
