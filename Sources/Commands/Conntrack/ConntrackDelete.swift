// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

package enum ConntrackDelete: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "delete", "Forget tracked connections",
        details: [
            """
            A TCP connection whose entry is gone is no longer translated and so ends, unless it was balanced at \
            connect time; a UDP flow picks a backend anew with its next packet.
            """,
            """
            With --reset both ends of a TCP connection are told: the socket that is on this machine, in whatever \
            network namespace, is ended (its process gets ECONNABORTED), and the kernel sends the other end a RST that \
            is in its window, which travels as the connection's packets do. A connection without an end on this \
            machine is only forgotten, and said so: reset it on the node that serves it.
            """,
        ],
        arguments: [ArgumentSpec(ValueSpec("TUPLE"), arity: .any, ConnectionSelection.tupleMeaning)],
        options: ConnectionSelection.options + [
            OptionSpec("all", "Every connection"), OptionSpec("reset", "Reset both ends of TCP connections first"),
            DryRun.option,
        ],
        examples: [
            Example("ebpfctl conntrack delete tcp,10.0.0.1:3333,10.96.0.10:80", "Forget one connection"),
            Example("ebpfctl conntrack delete --service default/dns --proto udp", "Forget the UDP flows of a service"),
            Example("ebpfctl conntrack delete --backend 10.244.2.7 --reset", "End the connections to a backend"),
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
        if context.invocation.flag("reset"), !context.isDryRun { try context.require(Privilege.node) }
        let store = try context.writing().connections()
        guard keys.isEmpty else { return try delete(keys, store, context) }
        try ConnectionSelection.check(filter, store)
        var found: [ConnectionKey] = []
        try store.forEach(matching: filter) { found.append($0.key) }
        found.sort()
        try remove(found, store, context)
        try context.renderer.changes(
            found.lazy.map { Change("connection", $0.description, .deleted, isDryRun: context.isDryRun) })
        return .success
    }

    private static func delete(
        _ keys: [ConnectionKey], _ store: borrowing ConnectionStore, _ context: CommandContext
    ) throws -> ExitCode {
        try context.forEach(keys) { key in
            guard try store.connection(key) != nil else { throw DataplaneError.unknownConnection(key) }
            try remove([key], store, context)
            return Change("connection", key.description, .deleted, isDryRun: context.isDryRun)
        }
    }

    /// Resets the connections if that is wanted, then forgets them.
    private static func remove(
        _ keys: [ConnectionKey], _ store: borrowing ConnectionStore, _ context: CommandContext
    ) throws {
        guard !context.isDryRun else { return }
        if context.invocation.flag("reset") {
            let report = try store.reset(keys, until: Deadline(after: resetPatience))
            for line in report.notices { context.note(line) }
        }
        _ = try store.delete(keys)
    }

    /// A RST passes at once, unless something between holds it up.
    private static let resetPatience = Duration.seconds(1)
}
