// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceSet: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "set", "Create a service or replace it",
        details: [
            """
            A service that exists is replaced as a whole, without a moment in which a client meets half of it: \
            what is not said again is gone. Connections that are tracked keep their backend.
            """,
            """
            Each address family is served by itself: a frontend needs a backend of its family. Whether a backend is \
            on this node is found in the routes unless ',local' says so.
            """,
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.value, ServiceNameArgument.meaning)],
        options: [
            OptionSpec(
                "vip", value: ValueSpec("ADDR:PORT/PROTO"), isRepeatable: true, isRequired: true,
                "Cluster address that clients connect to"),
            OptionSpec(
                "backend", value: ValueSpec("ADDR:PORT[,weight=N][,local]"), isRepeatable: true,
                "Server, with its share of the connections (1…100, default 1)"),
            DryRun.option,
        ],
        examples: [
            Example(
                "ebpfctl service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:8080 "
                    + "--backend 10.1.0.3:8080",
                "Spread connections to 10.96.0.10:80 over two servers"),
            Example(
                "ebpfctl service set default/dns:dns --vip [fd00::a]:53/udp --backend [fd01::2]:53,weight=3 "
                    + "--backend [fd01::3]:53",
                "Three of four new flows go to the first server"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "a frontend belongs to another service, or a map is full; nothing was changed",
            .notFound: "the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try service(of: context.invocation)
        let dataplane = try context.writing()
        let change = try dataplane.replace(wanted, isDryRun: context.isDryRun)
        try context.renderer.changes([change])
        return .success
    }

    /// The service that the words describe, whole and valid.
    private static func service(of invocation: Invocation) throws -> Service {
        let service = Service(
            name: try invocation.required(ServiceNameArgument.name) { try ServiceName($0) },
            frontends: try invocation.options("vip") { .clusterIP(try FrontendAddress($0)) },
            backends: try invocation.options("backend") { try Backend($0) })
        do {
            try service.validate()
        } catch {
            throw CommandError.input(InputError(reason: error, command: invocation.command))
        }
        return service
    }
}

extension Dataplane {
    /// Makes one service so, in one step for the traffic, and lets go of UDP flows to backends it has lost.
    borrowing func replace(_ wanted: Service, isDryRun: Bool) throws -> Change {
        let routes = try routes().routes()
        let placed = wanted.resolvingPlaces { address in
            let covering = routes.filter { $0.route.prefix.contains(address) }
            return covering.max { $0.route.prefix.length < $1.route.prefix.length }?.route.isLocal ?? false
        }
        var store = try services()
        let diff = try store.difference(to: [placed], pruning: false)
        if !isDryRun {
            let gone = try store.apply(diff)
            // It reads the whole connection table, which services without UDP need not pay for.
            if diff.concernsUDP { try forgetUDP(to: gone) }
        }
        let action = diff.entries.first?.action ?? .unchanged
        return Change("service", wanted.name.text, Change.Outcome(action), isDryRun: isDryRun)
    }
}

extension ServiceDiff {
    /// Whether a service in it had a UDP frontend before.
    var concernsUDP: Bool {
        entries.contains { $0.current?.frontends.contains { $0.transport == .udp } == true }
    }
}

extension Change.Outcome {
    /// The word for what a difference of services does.
    init(_ action: ServiceDiff.Action) {
        self =
            switch action {
            case .created: .created
            case .configured: .configured
            case .unchanged: .unchanged
            case .deleted: .deleted
            }
    }
}
