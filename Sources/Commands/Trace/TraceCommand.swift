// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

package enum TraceCommand: Command {
    package static let spec = CommandSpec(
        verb: "trace", "Show what becomes of packets and socket calls, as it happens",
        details: [
            """
            Each exit of a packet or a socket call from a program is an event, under the reason that 'counter list' \
            counts it by; so is each new connection. Without an option everything is shown. The programs themselves \
            apply the options, so a narrow choice costs the traffic little; without a tracer it costs nothing.
            """,
            """
            AFTER tells what the packet was translated to: '>' a new destination, '<' a new source, 'via:' the node \
            that it was sent to. Times are UTC. Events that came too fast to be written are counted as lost.
            """,
            "Ends with Ctrl-C, and with success. One process at a time can trace.",
        ],
        options: TraceSelection.options + [
            OptionSpec("duration", value: ValueSpec("DURATION"), "End after so long"),
            OptionSpec("limit", value: ValueSpec("N"), "End after so many events"),
        ],
        examples: [
            Example("ebpfctl trace --service default/web --limit 20", "What becomes of a service's packets"),
            Example("ebpfctl trace --event drop --event reject", "What is refused, and why"),
            Example("ebpfctl trace --address 10.244.1.3 --port 53 -o wide", "A pod's name resolution"),
            Example("ebpfctl trace --event new --duration 10s -o json", "The connections of ten seconds"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([
            .success: "done, also when interrupted",
            .notFound: "no such service or interface, or the dataplane is not enabled",
            .notSupported: "the programs are of a version that cannot be traced",
        ]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let limit = try context.invocation.option("limit") { try Int(text: $0, in: 1...Int(Int32.max)) }
        let duration = try context.invocation.option("duration", read: Duration.init(text:))
        let filter = try TraceSelection.filter(of: context)
        let dataplane = try context.reading()
        // Before anything is switched on that has to be switched off again.
        let signals = try SignalWatcher()
        var tracer = try dataplane.trace(filter, lockedUntil: context.deadline)
        var listing = TraceListing(limit: limit, stream: context.renderer.stream(of: TraceRow.self))
        let end = duration.map { Deadline(after: $0) } ?? .never
        try listing.begin()
        try follow(&tracer, into: &listing, until: end, or: signals, in: context.surroundings)
        try tracer.stop()
        // What was written before that, and no more: nothing comes behind it.
        try listing.take(from: &tracer, atMost: .max)
        let summary = try listing.finish(lost: tracer.lostEvents())
        context.note(summary)
        return .success
    }

    private static func follow(
        _ tracer: inout Tracer, into listing: inout TraceListing, until end: Deadline,
        or signals: borrowing SignalWatcher, in surroundings: Surroundings
    ) throws {
        var renewal = Deadline(after: Tracer.renewalInterval)
        while !end.hasPassed, !listing.isComplete {
            let ready = try surroundings.wait(
                for: [signals.descriptor, tracer.descriptor], until: .earlier(end, renewal))
            if ready[0] { return }
            if renewal.hasPassed {
                try tracer.renew()
                renewal = Deadline(after: Tracer.renewalInterval)
            }
            // In pieces, so that a flood keeps nobody from looking at the clock.
            if ready[1] { try listing.take(from: &tracer, atMost: 4096) }
        }
    }
}

/// Prints events as they come, at most as many as asked for.
struct TraceListing: ~Copyable {
    private let limit: Int
    private var stream: ListStream<TraceRow>
    private var printed = 0
    private var interfaces = TraceInterfaces()
    private let clock = TraceClock()
    private let start = MonotonicClock.nanoseconds

    init(limit: Int?, stream: consuming ListStream<TraceRow>) {
        self.limit = limit ?? .max
        self.stream = stream
    }

    var isComplete: Bool { printed >= limit }

    /// Shows that events would be shown now.
    mutating func begin() throws { try stream.flush() }

    mutating func take(from tracer: inout Tracer, atMost count: Int) throws {
        let events = try tracer.take(atMost: min(count, limit - printed))
        for event in events {
            let name = try event.interfaceIndex.flatMap { index throws in try interfaces.name(of: index) }
            try stream.append(TraceRow(event: event, interface: name, time: clock.time(of: event)))
        }
        printed += events.count
        if !events.isEmpty { try stream.flush() }
    }

    /// - Returns: a line for people about the whole.
    consuming func finish(lost: UInt64) throws -> String {
        let (events, elapsed) = (printed, Duration.nanoseconds(MonotonicClock.nanoseconds - start))
        try stream.finish { document in
            document.integer("events", events)
            document.integer("lost", lost)
            document.seconds("durationSeconds", elapsed)
        }
        return "\(events) \(events == 1 ? "event" : "events"), \(lost) lost"
    }
}

/// The names of interfaces by their indexes, read again when an index is new.
private struct TraceInterfaces {
    private var names: [UInt32: String?] = [:]

    /// Nil for an interface that is gone, or in another network namespace.
    mutating func name(of index: UInt32) throws -> String? {
        if let known = names[index] { return known }
        let name = try InterfaceNames.current().name(of: index)
        names[index] = .some(name)
        return name
    }
}

/// The difference between the programs' clock and the time of day, taken once: times of one run stay in order.
private struct TraceClock {
    private let offset = WallClock.nanoseconds &- MonotonicClock.nanoseconds

    func time(of event: TraceEvent) -> UTCTime { UTCTime(nanosecondsSince1970: event.time &+ offset) }
}
