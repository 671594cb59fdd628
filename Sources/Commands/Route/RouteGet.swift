// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum RouteGet: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "get", "Show the route that a packet to an address takes",
        details: ["The longest prefix that holds the address decides, as it does for a packet."],
        arguments: [ArgumentSpec(ValueSpec("ADDR"), "Address of a pod, a node or anything else")],
        examples: [Example("ebpfctl route get 10.244.1.7", "Where does 10.244.1.7 live?")],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no route holds the address, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let address = try context.invocation.required("ADDR") { try IPAddress($0) }
        guard let entry = try context.reading().routes().lookUp(address) else {
            throw DataplaneError.unknownRoute(Prefix(host: address))
        }
        try context.renderer.page(RouteRow(entry, names: try InterfaceNames.current()))
        return .success
    }
}
