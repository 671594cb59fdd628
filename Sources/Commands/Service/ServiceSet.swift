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
            what is not said again is gone. TCP connections that are tracked keep their backend; those to backends \
            that are gone go on, too, unless --close-tcp is given.
            """,
            """
            Each address family is served by itself: an address needs a backend of its family, and a node port \
            serves the families that there are backends of. Without any backend all clients are refused. Whether a \
            backend is on this node is found in the routes unless ',local' says so.
            """,
            """
            Source ranges concern the address family they are of: where the service has some, but none of a \
            client's family, what it sends is dropped.
            """,
        ],
        arguments: [ArgumentSpec(ServiceNameArgument.value, ServiceNameArgument.meaning)],
        options: ServiceWords.options + [CloseTCP.option, DryRun.option],
        examples: [
            Example(
                "ebpfctl service set default/web --vip 10.96.0.10:80/tcp --backend 10.1.0.2:8080 "
                    + "--backend 10.1.0.3:8080",
                "Spread connections to 10.96.0.10:80 over two servers"),
            Example(
                "ebpfctl service set default/dns:dns --vip [fd00::a]:53/udp --backend [fd01::2]:53,weight=3 "
                    + "--backend [fd01::3]:53",
                "Three of four new flows go to the first server"),
            Example(
                "ebpfctl service set default/web --node-port 30080/tcp --backend 10.1.0.2:8080 "
                    + "--source-range 192.0.2.0/24 --affinity 3h",
                "Serve clients of one network on port 30080 of the node"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "a frontend belongs to another service, or a map is full; nothing was changed",
            .notFound: "the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let wanted = try ServiceWords.service(of: context.invocation)
        let dataplane = try context.writing()
        var removal = CloseTCP.removal(context)
        let change = try dataplane.replace(wanted, isDryRun: context.isDryRun, &removal)
        try context.finish(removal, of: [wanted.name], in: dataplane)
        context.noteIfRefusing(wanted)
        try context.noteCautions([wanted], in: dataplane)
        try context.renderer.changes([change])
        return .success
    }
}
