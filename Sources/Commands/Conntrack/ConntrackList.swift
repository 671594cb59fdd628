// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ConntrackList: Command {
    package static let spec = CommandSpec(
        noun: "conntrack", verb: "list", aliases: ["dump"], "List tracked connections",
        details: [
            """
            Up to \(ConnectionListing.sortable) connections are sorted by protocol, source and destination. A larger \
            table is printed as it is read, in the kernel's order, unless --sort asks for another one.
            """
        ],
        options: ConnectionSelection.options + [
            OptionSpec(
                "sort",
                value: ValueSpec("KEY", .enumeration(ConnectionListing.Order.allCases.map(\.rawValue))),
                "Largest first"),
            OptionSpec("limit", value: ValueSpec("N"), "At most so many"),
        ],
        examples: [
            Example("ebpfctl conntrack list --service default/web", "The connections of a service"),
            Example("ebpfctl ct list --proto tcp --src 10.244.1.0/24 --dst :80", "TCP from a block of pods to port 80"),
            Example("ebpfctl conntrack list --sort bytes --limit 10 -o wide", "The ten largest"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let filter = try ConnectionSelection.filter(of: context)
        let limit = try context.invocation.option("limit") { try Int(text: $0, in: 1...Int(Int32.max)) }
        let order = context.invocation.value("sort").flatMap(ConnectionListing.Order.init(rawValue:))
        let store = try context.reading().connections()
        try ConnectionSelection.check(filter, store)
        var listing = ConnectionListing(
            order: order, limit: limit, stream: context.renderer.stream(of: ConnectionRow.self))
        do {
            try store.forEach(matching: filter) { try listing.add($0) }
        } catch is ConnectionListing.Complete {}
        try listing.finish()
        return .success
    }
}

/// Sorts connections while they are few, and lets them pass once they are many.
struct ConnectionListing: ~Copyable {
    /// `--sort`; all from the largest down.
    enum Order: String, CaseIterable {
        case age, idle, bytes, packets
    }

    /// Thrown to end the iteration: `--limit` is reached.
    struct Complete: Error {}

    /// How many connections are held back to be sorted when no order was asked for.
    static let sortable = 10_000

    private let order: Order?
    private let limit: Int
    private var stream: ListStream<ConnectionRow>
    private var held: [Connection] = []
    private var printed = 0
    private var isStreaming = false

    init(order: Order?, limit: Int?, stream: consuming ListStream<ConnectionRow>) {
        self.order = order
        self.limit = limit ?? .max
        self.stream = stream
    }

    mutating func add(_ connection: Connection) throws {
        guard !isStreaming else { return try pass(connection) }
        held.append(connection)
        if order != nil {
            // Twice the limit bounds the memory of `--sort … --limit N` on a large table.
            if limit < .max / 2, held.count >= max(2 * limit, Self.sortable) { keepLargest() }
        } else if held.count > Self.sortable {
            isStreaming = true
            for connection in held { try pass(connection) }
            held = []
        }
    }

    consuming func finish() throws {
        if order == nil { held.sort { $0.key < $1.key } } else { keepLargest() }
        for connection in held.prefix(limit - min(printed, limit)) {
            try stream.append(ConnectionRow(connection: connection))
        }
        try stream.finish()
    }

    private mutating func pass(_ connection: Connection) throws {
        guard printed < limit else { throw Complete() }
        try stream.append(ConnectionRow(connection: connection))
        printed += 1
    }

    private mutating func keepLargest() {
        guard let order else { return }
        held.sort { order.ranks($0, before: $1) }
        held.removeLast(max(0, held.count - limit))
    }
}

extension ConnectionListing.Order {
    /// Ties are broken by the tuple, so that the order is stable.
    func ranks(_ one: Connection, before other: Connection) -> Bool {
        switch self {
        case .age where one.age != other.age: one.age ?? .zero > other.age ?? .zero
        case .idle where one.idle != other.idle: one.idle > other.idle
        case .bytes where one.total.bytes != other.total.bytes: one.total.bytes > other.total.bytes
        case .packets where one.total.packets != other.total.packets: one.total.packets > other.total.packets
        default: one.key < other.key
        }
    }
}
