// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import Rendering

/// What `--sort` offers; all from the largest down.
enum ConnectionOrder: String, CaseIterable {
    case age, idle, bytes, packets

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

/// The first of many in an order, held in memory that does not grow with their number.
struct Ranking<Element> {
    private let ranks: (Element, Element) -> Bool
    private let limit: Int
    private var held: [Element] = []
    /// The last that would still be among the first, as far as is known.
    private var last: Element?

    /// So many are held before they are cut to the limit, which takes time.
    private static var batch: Int { 10_000 }

    /// - Parameter ranks: whether one comes before the other.
    init(limit: Int?, _ ranks: @escaping (Element, Element) -> Bool) {
        self.ranks = ranks
        self.limit = limit ?? .max
    }

    mutating func add(_ element: Element) {
        if let last, !ranks(element, last) { return }
        held.append(element)
        if limit < .max / 2, held.count >= max(2 * limit, Self.batch) { cut() }
    }

    /// Those that rank first, in their order.
    consuming func ranked() -> [Element] {
        cut()
        return held
    }

    private mutating func cut() {
        held.sort(by: ranks)
        held.removeLast(max(0, held.count - limit))
        if held.count == limit { last = held.last }
    }
}

/// Sorts connections while they are few or an order was asked for, and else lets them pass.
struct ConnectionListing: ~Copyable {
    /// Thrown to end the iteration: `--limit` is reached.
    struct Complete: Error {}

    /// How many connections are held back to be sorted when no order was asked for.
    static let sortable = 10_000

    private var ranking: Ranking<Connection>?
    private let limit: Int
    private var stream: ListStream<ConnectionRow>
    private var held: [Connection] = []
    private var printed = 0
    private var isStreaming = false

    init(order: ConnectionOrder?, limit: Int?, stream: consuming ListStream<ConnectionRow>) {
        ranking = order.map { order in Ranking(limit: limit) { order.ranks($0, before: $1) } }
        self.limit = limit ?? .max
        self.stream = stream
    }

    mutating func add(_ connection: Connection) throws {
        if isStreaming { return try pass(connection) }
        if ranking != nil { ranking?.add(connection) } else { held.append(connection) }
        guard held.count > Self.sortable else { return }
        isStreaming = true
        for connection in held { try pass(connection) }
        held = []
    }

    consuming func finish() throws {
        held.sort { $0.key < $1.key }
        for connection in (ranking?.ranked() ?? held).prefix(limit - min(printed, limit)) {
            try stream.append(ConnectionRow(connection: connection))
        }
        try stream.finish()
    }

    private mutating func pass(_ connection: Connection) throws {
        guard printed < limit else { throw Complete() }
        try stream.append(ConnectionRow(connection: connection))
        printed += 1
    }
}
