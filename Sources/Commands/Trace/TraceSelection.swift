// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel

/// The criteria of `trace`.
enum TraceSelection {
    static let options = [
        OptionSpec("proto", value: ValueSpec("PROTO", .suggestions(["tcp", "udp"])), "Protocol: tcp or udp"),
        OptionSpec(
            "address", value: ValueSpec(ConnectionSelection.endpoint),
            "Address, block of addresses, or :PORT, of either end, before or after translation"),
        OptionSpec("port", value: ValueSpec("PORT"), "Port of either end, before or after translation"),
        OptionSpec(
            "src", value: ValueSpec(ConnectionSelection.endpoint),
            "Sender of the packet as it arrived: of a reply, the backend"),
        OptionSpec("dst", value: ValueSpec(ConnectionSelection.endpoint), "Receiver of the packet as it arrived"),
        OptionSpec(
            "service", value: ServiceNameArgument.value,
            "Service; without a port in its name, all its ports"),
        OptionSpec(
            "interface", value: ValueSpec("IF", .live(["interface", "list", "-q"])),
            "Interface whose program tells; no socket calls then"),
        OptionSpec(
            "event", value: ValueSpec("EVENT", .enumeration(TraceKind.allCases.map(\.rawValue))), isRepeatable: true,
            "Kind of event; what several --event and --reason name adds up"),
        OptionSpec(
            "reason", value: ValueSpec("REASON", .suggestions(CounterReason.allCases.map(\.name))), isRepeatable: true,
            "Reason, as 'counter list' names it"),
    ]

    /// The filter that the options and `-4`, `-6` describe.
    static func filter(of context: CommandContext) throws -> TraceFilter {
        let words = context.invocation
        var filter = TraceFilter()
        filter.family = context.onlyFamily
        filter.transport = try words.option("proto") { try TransportProtocol($0) }
        filter.address = try words.option("address") { try EndpointFilter($0) }
        filter.port = try words.option("port") { UInt16(try Int(text: $0, in: 1...Int(UInt16.max))) }
        filter.source = try words.option("src") { try EndpointFilter($0) }
        filter.destination = try words.option("dst") { try EndpointFilter($0) }
        filter.service = try words.option("service") { try ServiceName($0) }
        let reasons = try reasons(words)
        if !reasons.isEmpty { filter.reasons = reasons }
        if let name = words.value("interface") {
            filter.interfaceIndex = try InterfaceNames.current().index(of: name)
        }
        return filter
    }

    private static func reasons(_ words: Invocation) throws(CommandError) -> Set<CounterReason> {
        let kinds = Set(words.values("event"))
        let named = try words.options("reason") { try CounterReason(named: $0) }
        return Set(named).union(CounterReason.allCases.filter { kinds.contains($0.kind.rawValue) })
    }
}

/// Why the name of a reason was refused; the value is the refused text.
enum TraceReasonError: ModelError {
    case unknown(String)

    var message: String {
        switch self {
        case .unknown(let text): "unknown reason \(quoted(text)): must be one that 'counter list' names"
        }
    }
}

extension CounterReason {
    /// By its name in listings.
    init(named name: String) throws(TraceReasonError) {
        guard let reason = CounterReason.allCases.first(where: { $0.name == name }) else { throw .unknown(name) }
        self = reason
    }
}
