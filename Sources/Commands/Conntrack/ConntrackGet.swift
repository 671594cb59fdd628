// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackGet: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "get", "Show one tracked connection",
        arguments: [
            ArgumentSpec(ValueSpec("TUPLE"), arity: .oneOrMore, ConnectionSelection.tupleMeaning)
        ],
        examples: [
            Example("ebpfctl conntrack get tcp,10.0.0.1:3333,10.96.0.10:80", "By the name that -o name prints"),
            Example("ebpfctl conntrack get tcp 10.0.0.1:3333 10.96.0.10:80", "By the first columns of a listing"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such connection, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let keys = try ConnectionSelection.keys(of: context.invocation)
        guard let key = keys.first, keys.count == 1 else { throw CommandError.selection(.severalSelected, spec) }
        guard let connection = try context.reading().connections().connection(key) else {
            throw DataplaneError.unknownConnection(key)
        }
        try context.renderer.page(ConnectionRow(connection: connection))
        return .success
    }
}
