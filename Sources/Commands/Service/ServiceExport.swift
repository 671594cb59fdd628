// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Kubernetes
import Rendering

package enum ServiceExport: Command {
    private static let asObjects = OptionSpec("kubernetes", "Print Service and EndpointSlice objects instead")

    package static let spec = CommandSpec(
        noun: "service", verb: "export", "Print services as 'service apply' reads them",
        details: [
            """
            A document of kind ServiceList, YAML unless -o says json. Each backend bears whether it is on this \
            node: take 'local' out of a file that is for another one.
            """,
            """
            With --kubernetes a List of Kubernetes objects is printed, which 'service apply' reads back to the same \
            services. What such objects cannot say, such as a weight, is left out: the service with it, and a line \
            tells why.
            """,
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.value, arity: .any, ServiceNameArgument.meaning)],
        options: [asObjects, ObjectOptions.node(requires: asObjects)],
        examples: [
            Example("ebpfctl service export > services.yaml", "Keep all services"),
            Example("ebpfctl service export --kubernetes > cluster.yaml", "Keep them as Kubernetes objects"),
            Example("ebpfctl service export default/web -o json", "One service, to be changed by a program"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try context.invocation.arguments(ServiceNameArgument.name) { try ServiceName($0) }
        let services = try context.reading().services().services()
        for name in wanted where !services.contains(where: { name.covers($0.name) }) {
            throw DataplaneError.unknownService(name)
        }
        let found = services.filter { service in
            wanted.isEmpty || wanted.contains { $0.covers(service.name) }
        }
        let limited = found.compactMap { $0.limited(to: context.families) }
        guard context.invocation.flag(asObjects.name) else {
            try context.exporting.list(limited.lazy.map(ServiceRow.init))
            return .success
        }
        let export = Kubernetes.ServiceExport(limited, node: ObjectOptions.nodeName(context.invocation))
        for omission in export.omissions { context.note(omission.message) }
        try context.renderer.foreignList(apiVersion: "v1", kind: "List", export.objects) { $0.fields(&$1) }
        return .success
    }
}

extension CommandContext {
    /// A renderer that prints documents where nothing else was asked for.
    fileprivate var exporting: Renderer {
        var options = renderer.options
        if [.table, .wide].contains(options.format) { options.format = .yaml }
        return Renderer(options: options, sink: surroundings.output)
    }
}
