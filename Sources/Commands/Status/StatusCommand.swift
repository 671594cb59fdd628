// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import Eligibility
import Rendering

package enum StatusCommand: Command {
    package static let spec = CommandSpec(
        verb: "status", "Show whether the dataplane works, and how it is configured",
        details: [
            """
            Compares what is there with what 'enable' was asked for, on the node as it is now. The dataplane is \
            degraded when services are affected; other findings are notes.
            """
        ],
        examples: [
            Example("ebpfctl status", "State, configuration, interfaces, maps and findings"),
            Example("ebpfctl status -o json", "The same for a monitoring system"),
        ],
        requirements: [Requirement.inspection],
        exitCodes: ExitMeaning.standard([
            .success: "healthy", .failure: "degraded: the findings say why", .notFound: "the dataplane is not enabled",
        ]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        try context.require(Privilege.inspection)
        var report = try context.reading().status()
        if report.options.forwarding == .direct, case .enforced(let chains) = ForwardPolicy.current() {
            report.problems.append(.policyBypassed(by: chains))
        }
        try context.renderer.page(StatusPage(report: report, location: context.location))
        return report.isDegraded ? .failure : .success
    }
}
