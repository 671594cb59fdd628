// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Lab
import LinuxSystem
import Rendering

package enum DemoCommand: Command {
    package static let spec = CommandSpec(
        verb: "demo", "Show the whole thing at work in a lab on this machine",
        details: [
            """
            Builds two nodes with pods in network namespaces, enables the dataplane on both with the same code as \
            'enable', sends real TCP and UDP traffic to a cluster address with backends on both nodes, and prints \
            what happened with the tables that made it happen. The machine's own network is not touched.
            """,
            """
            A client outside the cluster then sends to a node port of the first node whose backend is on the second: \
            the pod sees the client's address, and packet counts show by which node the replies left. They return \
            through the first node (tunnel) and then, after an upgrade in place, straight from the second (dsr); \
            --return shows one of the two.
            """,
            "Everything is taken away at the end, also after a failure and on Ctrl-C, unless --keep is given.",
        ],
        arguments: [
            ArgumentSpec(ValueSpec("LAB"), arity: .optional, "With --clean: this lab alone, by the name --keep printed")
        ],
        options: [
            OptionSpec(
                "return", value: ValueSpec("WAY", .enumeration(EnableOptions.ReturnPath.allCases.map(\.rawValue))),
                "Show one way of replies to the client outside, not both"),
            OptionSpec("keep", "Leave the lab standing and print how to look around"),
            OptionSpec("clean", "Take away what --keep has left, and nothing else"),
        ],
        choices: [OptionChoice(["keep", "clean"]), OptionChoice(["return", "clean"])],
        examples: [
            Example("ebpfctl demo", "About three seconds"),
            Example("ebpfctl demo --return dsr", "Replies leave the backend's node directly"),
            Example("ebpfctl demo --keep", "Leave it standing"),
            Example("ebpfctl demo --clean", "Take the kept labs away"),
            Example("ebpfctl demo --clean lab4f1c", "Take one of them away"),
        ],
        requirements: [Requirement.root, "Linux 5.10"],
        exitCodes: ExitMeaning.standard([
            .failure: "a request was not answered, or a step failed", .notFound: "no such lab is kept",
        ]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let lab = context.invocation.arguments("LAB").first
        guard lab == nil || context.invocation.flag("clean") else {
            throw CommandError.selection(.argumentNeeds("LAB", option: "--clean"), spec)
        }
        try context.require(Privilege.node)
        for remains in LabRemains.all() where remains.isAbandoned { _ = remains.remove() }
        guard !context.invocation.flag("clean") else { return try clean(lab, context) }
        let start = MonotonicClock.nanoseconds
        let stage = try DemoStage(context)
        let page = try stage.perform(since: start)
        try context.renderer.page(page)
        if context.invocation.flag("keep") {
            try stage.keep()
            for line in stage.tour { context.note(line) }
        } else {
            try stage.strike()
        }
        return page.isSuccess ? .success : .failure
    }

    /// - Parameter lab: nil for all that are kept.
    private static func clean(_ lab: String?, _ context: CommandContext) throws -> ExitCode {
        let all = LabRemains.all().filter(\.isKeptAndLeft)
        let kept = all.filter { $0.name == lab ?? $0.name }
        if let lab, kept.isEmpty { throw CommandError.unknownLab(lab, kept: all.map(\.name)) }
        if kept.isEmpty { context.note("no lab is kept") }
        return try context.forEach(kept) { remains in
            if let problem = remains.remove().first { throw problem }
            return Change("lab", remains.name, .deleted, isDryRun: false)
        }
    }
}
