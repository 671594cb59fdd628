// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Topology
import Rendering

package enum RouteAdd: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "add", "Say where addresses live",
        details: [
            """
            The entry replaces one of the same prefix, and 'route sync' leaves it alone. It concerns the dataplane \
            only: the kernel's own routes stay as they are.
            """,
            """
            A node that routes are 'via' is known by that: its tunnel packets are taken. One without such a route is \
            made known by 'route add NODE/32 --host --via NODE'.
            """,
            """
            Clients in a block with --no-dsr get the replies of backends on other nodes through the tunnel, though \
            the dataplane is enabled with --return dsr. It holds for narrower routes in the block, too.
            """,
        ],
        arguments: [ArgumentSpec(ValueSpec("CIDR"), "Block of addresses")],
        options: [
            OptionSpec("workload", "Addresses of pods"),
            OptionSpec("host", "Addresses of nodes"),
            OptionSpec(
                "local", value: ValueSpec("IF", .live(["interface", "list", "-q"])),
                "On this node, behind this interface"),
            OptionSpec("via", value: ValueSpec("NODE"), "On the node with this address"),
            OptionSpec("no-dsr", "Clients here always get their replies through the tunnel"),
            DryRun.option,
        ],
        choices: [
            OptionChoice(["workload", "host"], isRequired: true), OptionChoice(["local", "via"], isRequired: true),
        ],
        examples: [
            Example("ebpfctl route add 10.244.2.0/24 --workload --via 192.0.2.12", "Pods of another node"),
            Example("ebpfctl route add 10.244.1.7/32 --workload --local veth7", "A pod on this node"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such interface, or the dataplane is not enabled"]),
        mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let words = context.invocation
        let prefix = try words.required("CIDR") { try Prefix($0) }
        let node = try words.option("via") { try IPAddress($0) }
        let interface = try words.option("local") { try InterfaceReference($0) }
        let role: Route.Role = words.flag("workload") ? .workload : .host
        if let node, node.family != prefix.family {
            let route = Route(prefix: prefix, role: role, place: .remote(via: node))
            throw CommandError.input(
                InputError(owner: .option("via"), reason: RouteProblem.mixedFamilies(route), command: spec))
        }
        let dataplane = try context.writing()
        let place = try place(interface, node)
        let isPodElsewhere = node != nil && role == .workload
        let entry = RouteEntry(
            route: Route(prefix: prefix, role: role, place: place.place), origin: .manual, isPeer: place.isPeer,
            asksNoDSR: words.flag("no-dsr"),
            goesThroughStack: try isPodElsewhere && dataplane.kernelRoutes().goThroughStack(to: prefix))
        let routes = try dataplane.routes()
        let known = try routes.routes().first { $0.route.prefix == prefix }?.unmarked
        let outcome: Change.Outcome = known == nil ? .created : known?.means(entry) == true ? .unchanged : .configured
        if !context.isDryRun, outcome != .unchanged { try routes.write(entry) }
        try context.renderer.changes([
            Change("route", prefix.description, outcome, isDryRun: context.isDryRun)
        ])
        return .success
    }

    /// A veth into another namespace is a pod's when an operator says that the pod's address is behind it.
    private static func place(
        _ interface: InterfaceReference?, _ node: IPAddress?
    ) throws -> (place: Route.Place, isPeer: Bool) {
        if let node { return (.remote(via: node), false) }
        let name = interface?.name ?? ""
        guard let link = try NetlinkSocket().links().first(where: { $0.name == name }) else {
            throw DataplaneError.unknownInterface(name)
        }
        let isPeer = link.kind == "veth" && link.isPeerElsewhere
        return (.local(InterfaceReference(name: link.name, index: link.index)), isPeer)
    }
}

/// Why a route was refused though each of its parts can be read.
enum RouteProblem: ModelError {
    case mixedFamilies(Route)

    var message: String {
        switch self {
        case .mixedFamilies(let route):
            "invalid route '\(route)': prefix and node must be of one address family"
        }
    }
}
