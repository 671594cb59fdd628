// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel

/// The criteria for connections that `conntrack list` and `conntrack delete` share.
enum ConnectionSelection {
    static let endpoint = "CIDR[:PORT]"

    static let options = [
        OptionSpec("proto", value: ValueSpec("PROTO", .suggestions(["tcp", "udp"])), "Protocol: tcp or udp"),
        OptionSpec("src", value: ValueSpec(endpoint), "Client address, block of addresses, or :PORT"),
        OptionSpec("dst", value: ValueSpec(endpoint), "Address that the client sees"),
        OptionSpec("backend", value: ValueSpec(endpoint), "Who serves it"),
        OptionSpec(
            "service", value: ServiceNameArgument.value,
            "Service; without a port in its name, all its ports"),
        OptionSpec(
            "state", value: ValueSpec("STATE", .suggestions(TCPState.allCases.map(\.rawValue))),
            "State of a TCP connection: "
                + TCPState.allCases.dropLast().map(\.rawValue).joined(separator: ", ")
                + (TCPState.allCases.last.map { " or \($0.rawValue)" } ?? "")),
    ]

    /// The filter that the options and `-4`, `-6` describe.
    static func filter(of context: CommandContext) throws(CommandError) -> ConnectionFilter {
        let words = context.invocation
        return ConnectionFilter(
            family: context.onlyFamily,
            transport: try words.option("proto") { try TransportProtocol($0) },
            source: try words.option("src") { try EndpointFilter($0) },
            destination: try words.option("dst") { try EndpointFilter($0) },
            backend: try words.option("backend") { try EndpointFilter($0) },
            service: try words.option("service") { try ServiceName($0) },
            state: try words.option("state") { try TCPState($0) })
    }

    /// Refuses the name of a service that there is not: nothing can match it.
    static func check(_ filter: ConnectionFilter, _ store: borrowing ConnectionStore) throws(DataplaneError) {
        guard let service = filter.service, !store.knows(service) else { return }
        throw .unknownService(service)
    }

    /// Reads tuples in either form: `tcp,10.0.0.1:3333,10.96.0.10:80`, or the same three words apart.
    static func keys(_ words: [String]) throws(FilterParseError) -> [ConnectionKey] {
        var keys: [ConnectionKey] = []
        var rest = words[...]
        while let first = rest.first {
            let length = first.contains(",") ? 1 : min(3, rest.count)
            keys.append(try ConnectionKey(words: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return keys
    }

    /// As ``keys(_:)``, of the argument TUPLE.
    static func keys(of invocation: Invocation) throws(CommandError) -> [ConnectionKey] {
        do {
            return try keys(invocation.arguments("TUPLE"))
        } catch {
            throw .input(InputError(owner: .argument("TUPLE"), reason: error, command: invocation.command))
        }
    }

    static let tupleMeaning = "PROTO,ADDR:PORT,ADDR:PORT as listings name it, or the three as words of their own"
}
