// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceApply: Command {
    private static let file = OptionSpec(
        "file", short: "f", value: ValueSpec("FILE", .file), isRequired: true,
        "YAML or JSON to read, a directory of such files, '-' for standard input")
    private static let prune = OptionSpec(
        "prune", "Delete the services, and nodes' routes, that the file does not name")

    package static let spec = CommandSpec(
        noun: "service", verb: "apply", "Make services as a file says",
        details: [
            """
            Reads Kubernetes objects as 'kubectl get services,endpointslices,nodes -A -o json' prints them, and what \
            'service export' and 'service list -o yaml' print. A service that exists is replaced as a whole, one \
            that is equal is left alone. Everything is checked before anything is changed, and no client meets half \
            a service.
            """,
            """
            Kubernetes objects are served by kube-proxy's rules, one service for each of their ports: \
            'NAMESPACE/NAME:PORT'. Node objects become routes to the other nodes and their pods. What is left out, \
            such as SCTP ports, is said. The service 'default/kubernetes', which leads to the API server, never loses \
            its last backend.
            """,
            """
            In the tool's own documents, left out or null, a weight is 1, a state active, a policy cluster, the algorithm random; whether a \
            backend is local is then found in the routes of this node, which suits files for several nodes. \
            Unknown keys are refused.
            """,
            """
            With -q only what changes is named, and only notes about trouble are printed: a file that is applied again and \
            again fills no log.
            """,
            """
            With --prune, a file that was cut off loses services: YAML may end after any line. JSON may not, so \
            prefer it where files travel.
            """,
        ],
        options: [
            file, ObjectOptions.node, ObjectOptions.allowExternalIPs, prune, CloseTCP.option, DryRun.option,
        ],
        examples: [
            Example("ebpfctl service apply -f cluster.json --prune", "Serve what a file of Kubernetes objects says"),
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
        let name = context.invocation.value(file.name) ?? DocumentInput.standardInput
        let pruning = context.invocation.flag(prune.name)
        switch try ServiceInput(reading: name, context.progress("reading", unit: .bytes)) {
        case .services(let wanted):
            if let option = ObjectOptions.given(context.invocation) {
                throw CommandError.selection(.concernsObjects(option: option.name), spec)
            }
            return try apply(wanted, pruning: pruning, context)
        case .objects(let objects):
            return try ObjectApply(context: context, input: name, pruning: pruning).run(objects)
        }
    }

    private static func apply(_ wanted: [Service], pruning: Bool, _ context: CommandContext) throws -> ExitCode {
        let dataplane = try context.writing()
        var removal = CloseTCP.removal(context)
        let diff = try dataplane.replace(wanted, pruning: pruning, isDryRun: context.isDryRun, &removal)
        try context.finish(removal, of: diff.entries.filter(\.losesBackends).map(\.name), in: dataplane)
        context.noteRefusing(wanted, changedIn: diff)
        try context.noteCautions(wanted, changedIn: diff, in: dataplane)
        try context.renderer.changes(diff.lines(isDryRun: context.isDryRun))
        if diff.entries.count > 1 { context.remark(diff.summary) }
        return .success
    }
}
