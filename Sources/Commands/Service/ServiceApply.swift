// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceApply: Command {
    private static let file = OptionSpec(
        "file", short: "f", value: ValueSpec("FILE", .file), isRequired: true,
        "YAML or JSON to read, '-' for standard input")
    private static let prune = OptionSpec("prune", "Delete the services that the file does not name")

    package static let spec = CommandSpec(
        noun: "service", verb: "apply", "Make services as a file says",
        details: [
            """
            Reads what 'service export' and 'service list -o yaml' print: documents of kind ServiceList or Service, in \
            YAML or JSON. A service that exists is replaced as a whole, one that is equal is left alone. Everything \
            is checked before anything is changed, and no client meets half a service.
            """,
            """
            Left out or null, a weight is 1, a state active, a policy cluster, the algorithm random; whether a \
            backend is local is then found in the routes of this node, which suits files for several nodes. \
            Unknown keys are refused.
            """,
            """
            With --prune, a file that was cut off loses services: YAML may end after any line. JSON may not, so \
            prefer it where files travel.
            """,
        ],
        options: [file, prune, CloseTCP.option, DryRun.option],
        examples: [
            Example("ebpfctl service apply -f services.yaml", "Create and change services"),
            Example("ebpfctl service apply -f services.json --prune --dry-run", "Which services would go?"),
            Example(
                "ssh node1 ebpfctl service export | ebpfctl service apply -f -", "Take over another node's services"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "a frontend belongs to another service, or a map is full; nothing was changed",
            .usage: "the command line or the file is wrong; nothing was changed",
            .notFound: "the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let input = DocumentInput(name: context.invocation.value(file.name) ?? DocumentInput.standardInput)
        let wanted: [Service]
        do {
            wanted = try ServiceDocument(input.bytes()).services
        } catch {
            throw CommandError.document(error, file: input.name)
        }
        let dataplane = try context.writing()
        var removal = CloseTCP.removal(context)
        let diff = try dataplane.replace(
            wanted, pruning: context.invocation.flag(prune.name), isDryRun: context.isDryRun, &removal)
        try context.finish(removal, of: diff.entries.filter(\.losesBackends).map(\.name), in: dataplane)
        context.noteRefusing(wanted)
        try context.renderer.changes(
            diff.entries.lazy.map { entry in
                Change("service", entry.name.text, Change.Outcome(entry.action), isDryRun: context.isDryRun)
            })
        if diff.entries.count > 1 { context.note(diff.summary) }
        return .success
    }
}

extension ServiceDiff.Entry {
    fileprivate var losesBackends: Bool { action == .deleted || !changes.removedBackends.isEmpty }
}

extension ServiceDiff {
    /// `3 services: 1 created, 2 unchanged`.
    fileprivate var summary: String {
        let counts = [Action.created, .configured, .unchanged, .deleted].map { action in
            (action, entries.count { $0.action == action })
        }
        let parts = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
        return "\(entries.count) services: \(parts.joined(separator: ", "))"
    }
}
