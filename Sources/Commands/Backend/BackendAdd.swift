// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum BackendAdd: Command {
    package static let spec = CommandSpec(
        noun: "backend", verb: "add", "Add backends to a service, or give them another weight",
        details: [
            """
            Connections that are tracked keep their backend; new ones are spread over all. A backend that the \
            service has already gets the weight that is said, keeps its own without, and is active again if it was \
            draining.
            """
        ],
        arguments: [
            ArgumentSpec(ServiceNameArgument.ofBackend, ServiceNameArgument.meaning),
            ArgumentSpec(
                ValueSpec("ADDR:PORT[,weight=N][,local]"), arity: .oneOrMore,
                "Server, with its share of the connections (1…100, of a new one 1 by default)"),
        ],
        options: [DryRun.option],
        examples: [Example("ebpfctl backend add default/web 10.1.0.4:8080,weight=2", "A server with twice the share")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]),
        mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let name = try context.invocation.required("SERVICE") { try ServiceName($0) }
        let backends = try context.invocation.arguments("ADDR:PORT[,weight=N][,local]") { text in
            (backend: try Backend(text), saysWeight: text.mentions(",weight="))
        }
        let dataplane = try context.writing()
        let store = try dataplane.services()
        guard var service = try store.service(named: name) else { throw store.unknown(name) }
        var changes: [Change] = []
        for (backend, saysWeight) in backends {
            let outcome = service.put(backend, saysWeight: saysWeight)
            changes.append(Change("backend", "\(name) \(backend.endpoint)", outcome, isDryRun: context.isDryRun))
        }
        try context.check(service)
        var removal = BackendRemoval()
        _ = try dataplane.replace(service, isDryRun: context.isDryRun, &removal)
        try context.renderer.changes(changes)
        return .success
    }
}

extension Service {
    /// Adds the backend, or gives the one at its endpoint the new weight and place.
    fileprivate mutating func put(_ backend: Backend, saysWeight: Bool) -> Change.Outcome {
        guard let index = backends.firstIndex(where: { $0.endpoint == backend.endpoint }) else {
            backends.append(backend)
            return .created
        }
        var changed = backends[index]
        if saysWeight { changed.weight = backend.weight }
        changed.isLocal = backend.isLocal ?? changed.isLocal
        changed.state = .active
        guard changed != backends[index] else { return .unchanged }
        backends[index] = changed
        return .configured
    }
}
