// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceGet: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "get", "Show one service with its frontends and backends",
        arguments: [ArgumentSpec(ServiceNameArgument.value, ServiceNameArgument.meaning)],
        examples: [
            Example("ebpfctl service get default/web", "Show the service default/web"),
            Example("ebpfctl service get kube-system/dns:dns-tcp -o json", "One port of a service, as a document"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = try context.invocation.required(ServiceNameArgument.name) { try ServiceName($0) }
        let store = try context.reading().services()
        guard let service = try store.service(named: name) else { throw DataplaneError.unknownService(name) }
        try context.renderer.page(ServiceRow(service: service.limited(to: context.families) ?? service))
        return .success
    }
}
