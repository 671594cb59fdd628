// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceList: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "list", aliases: ["dump"], "List services",
        details: [
            "With a name, only that service; without a port in the name, all ports of it.", Watch.details,
            """
            What is watched is the rate of new connections, packets and bytes of each service on this node, the busiest \
            first, from the differences between two looks at the connection table, both directions together. What a \
            connection carried after the last look and before it left the table is missed.
            """,
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.value, arity: .optional, ServiceNameArgument.meaning)],
        options: Watch.options,
        examples: [
            Example("ebpfctl service list", "All services, by name"),
            Example("ebpfctl service list -o wide", "With the backends of each"),
            Example("ebpfctl service list --watch", "What each service carries, the busiest first"),
            Example("ebpfctl nat dump", "The same for those who come from Calico"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.argument(ServiceNameArgument.name) { try ServiceName($0) }
        if let interval = try context.watchInterval() { return try watch(wanted, every: interval, context) }
        try context.renderer.list(try services(wanted, in: context.reading(), context).map(ServiceRow.init))
        return .success
    }

    private static func watch(
        _ wanted: ServiceName?, every interval: Duration, _ context: CommandContext
    ) throws -> ExitCode {
        var meter = TrafficMeter()
        return try context.watch(every: interval) { _ in
            let dataplane = try context.reading()
            let services = try services(wanted, in: dataplane, context)
            let reading = try meter.look(in: dataplane.connections(), context.onlyFamily)
            return WatchSample(ServiceRateRow.rows(services, reading))
        }
    }

    private static func services(
        _ wanted: ServiceName?, in dataplane: borrowing Dataplane, _ context: CommandContext
    ) throws -> [Service] {
        let services = try dataplane.services().services()
        let found = services.filter { wanted?.covers($0.name) ?? true }
        if let wanted, found.isEmpty { throw DataplaneError.unknownService(wanted) }
        return found.compactMap { $0.limited(to: context.families) }
    }
}
