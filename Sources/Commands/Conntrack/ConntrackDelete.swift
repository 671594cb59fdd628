// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackDelete: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "delete", "Forget tracked connections",
        details: [
            """
            A TCP connection whose entry is gone is no longer translated and so ends, unless it was balanced at \
            connect time; a UDP flow picks a backend anew with its next packet.
            """
        ],
        arguments: [ArgumentSpec(ValueSpec("TUPLE"), arity: .any, ConnectionSelection.tupleMeaning)],
        options: ConnectionSelection.options + [OptionSpec("all", "Every connection"), DryRun.option],
        examples: [
            Example("ebpfctl conntrack delete tcp,10.0.0.1:3333,10.96.0.10:80", "Forget one connection"),
            Example("ebpfctl conntrack delete --service default/dns --proto udp", "Forget the UDP flows of a service"),
            Example("ebpfctl conntrack delete --all --dry-run", "List what --all would forget"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .failure: "of several connections at least one was not found",
            .notFound: "no such connection or service, or the dataplane is not enabled",
        ]), mutates: true)

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let keys = try ConnectionSelection.keys(of: context.invocation)
        let filter = try ConnectionSelection.filter(of: context)
        var criteria = filter
        criteria.family = nil
        let isFiltered = !criteria.isEmpty || context.invocation.flag("all")
        guard keys.isEmpty == isFiltered else {
            throw CommandError.selection(keys.isEmpty ? .nothingSelected : .bothSelected, spec)
        }
        let store = try context.writing().connections()
        guard keys.isEmpty else { return try delete(keys, store, context) }
        try ConnectionSelection.check(filter, store)
        var found: [ConnectionKey] = []
        try store.forEach(matching: filter) { found.append($0.key) }
        found.sort()
        if !context.isDryRun { _ = try store.delete(found) }
        try context.renderer.changes(
            found.lazy.map { Change("connection", $0.description, .deleted, isDryRun: context.isDryRun) })
        return .success
    }

    private static func delete(
        _ keys: [ConnectionKey], _ store: borrowing ConnectionStore, _ context: CommandContext
    ) throws -> ExitCode {
        try context.forEach(keys) { key in
            guard try store.connection(key) != nil else { throw DataplaneError.unknownConnection(key) }
            if !context.isDryRun { _ = try store.delete([key]) }
            return Change("connection", key.description, .deleted, isDryRun: context.isDryRun)
        }
    }
}
