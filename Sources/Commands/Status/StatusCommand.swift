// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Eligibility
import Rendering

package enum StatusCommand: Command {
    private static let probe = OptionSpec(
        "probe", value: ValueSpec("SERVICE", .live(["service", "list", "-q"])),
        "Try to reach a service from this host, and say what is missing")

    package static let spec = CommandSpec(
        verb: "status", "Show whether the dataplane works, and how it is configured",
        details: [
            """
            Compares what is there with what 'enable' was asked for, on the node as it is now. The dataplane is \
            degraded when services are affected; other findings are notes.
            """,
            """
            --probe connects to the service's cluster addresses, or to its node ports where it has no others, waits \
            3s or what --timeout says, and closes again. To UDP an empty datagram is sent, which nobody need answer. \
            Below stands whatever the way from the frontend to the backends lacks. A probe that fails makes the \
            dataplane degraded.
            """,
        ],
        options: [probe],
        examples: [
            Example("ebpfctl status", "State, configuration, interfaces, maps and findings"),
            Example("ebpfctl status --probe default/web", "Does it answer, and if not, why?"),
            Example("ebpfctl status -o json", "The same for a monitoring system"),
        ],
        requirements: [Requirement.inspection],
        exitCodes: ExitMeaning.standard([
            .success: "healthy", .failure: "degraded: the findings say why",
            .notFound: "the dataplane is not enabled, or there is no such service",
        ]))

    /// How long an attempt to reach a service may take where --timeout does not say.
    private static let patience = Duration.seconds(3)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let service = try context.invocation.option(probe.name) { try ServiceName($0) }
        try context.require(Privilege.inspection)
        let dataplane = try context.reading()
        var report = try dataplane.status()
        if !report.isElsewhere, report.options.forwarding == .direct,
            case .enforced(let chains) = ForwardPolicy.current()
        {
            report.problems.append(.policyBypassed(by: chains))
        }
        var page = StatusPage(report: report, location: context.location)
        if let service {
            let isSaid = context.invocation.value(GlobalOption.timeout.name) != nil
            page.probes = try dataplane.probe(
                service, families: context.families, nodeAddresses: report.nodeAddresses, problems: report.problems,
                patience: isSaid ? context.timeout : patience)
        }
        try context.renderer.page(page)
        return page.isDegraded ? .failure : .success
    }
}
