// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel
package import LinuxSystem

/// The one that the programs tell what they do, for as long as it says so.
///
/// What it asks for ends by itself some seconds after its last ``renew()``: a tracer that is killed leaves nothing
/// behind.
package struct Tracer: ~Copyable {
    /// How long the programs go on telling without hearing of the tracer.
    package static let lease = Duration.seconds(3)
    /// How often ``renew()`` wants to be called.
    package static let renewalInterval = Duration.seconds(1)

    private let control: Map<UInt32, trace_control>
    private let rooms: PerCPUMap<UInt32, trace_room>
    private var ring: RingBuffer
    private let request: trace_control
    private let lostBefore: UInt64
    private var names: TraceServiceNames
    private var isOver = false

    private init(
        in directory: PinDirectory, _ request: trace_control, _ names: TraceServiceNames
    ) throws(DataplaneError) {
        let control = try Self.control(in: directory)
        let rooms = try kernel { () throws(KernelError) in
            try PerCPUMap<UInt32, trace_room>(pinned: directory.map(.traceRooms))
        }
        var ring = try kernel { () throws(KernelError) in try RingBuffer(RawMap(pinned: directory.map(.events))) }
        // What nobody has taken of an earlier tracer's, so that there is room.
        try kernel { () throws(KernelError) in _ = try ring.poll(timeout: 0) { _ in true } }
        let lost = try Self.lost(in: rooms)
        self.control = control
        self.rooms = rooms
        self.ring = ring
        self.request = request
        self.names = names
        lostBefore = lost
    }

    /// Asks the programs to tell; the caller keeps other tracers from doing so meanwhile.
    ///
    /// - Throws: ``DataplaneError``: `tracingTaken`, `tracingUnknown`, `unknownService`, `tooManyServicePorts`.
    static func begin(in directory: PinDirectory, _ filter: TraceFilter) throws(DataplaneError) -> Tracer {
        for name in MapName.forTracing where !Filesystem.exists(directory.map(name)) {
            throw .tracingUnknown(map: "\(name)", configuration: try MetaStore(in: directory).record().configuration)
        }
        let names = try TraceServiceNames(in: directory)
        var request = filter.control(services: try names.numbers(of: filter.service))
        let control = try Self.control(in: directory)
        let last = try kernel { () throws(KernelError) in try control.lookUp(0) } ?? trace_control()
        guard last.until <= MonotonicClock.nanoseconds else { throw .tracingTaken(by: Int32(bitPattern: last.owner)) }
        request.session = last.session &+ 1
        request.owner = UInt32(bitPattern: RunningProcess.ownID)
        let tracer = try Tracer(in: directory, request, names)
        // The filter before the time from which on it counts.
        try tracer.write(until: 0)
        try tracer.write(until: Self.leaseEnd)
        return tracer
    }

    deinit {
        guard !isOver else { return }
        var last = request
        last.until = 0
        try? control.update(0, last)
    }

    /// Readable while there are events to take: for ``Poll/readable(_:until:)``.
    package var descriptor: Int32 { ring.descriptor }

    /// Takes events that are there, in the order in which the processors wrote them.
    ///
    /// - Parameter limit: at most so many; the others stay for the next call.
    package mutating func take(atMost limit: Int) throws(DataplaneError) -> [TraceEvent] {
        var events: [TraceEvent] = []
        guard limit > 0 else { return events }
        let session = request.session
        try kernel { () throws(KernelError) in
            _ = try ring.poll(timeout: 0, of: trace_event.self) { record in
                // Of an earlier tracer, written when this one had begun.
                guard record.session == session, let event = TraceEvent(record) else { return true }
                events.append(event)
                return events.count < limit
            }
        }
        for index in events.indices {
            guard let id = events[index].serviceID else { continue }
            events[index].service = try names.name(of: id)
        }
        return events
    }

    /// Lets the programs go on.
    ///
    /// - Throws: ``DataplaneError/tracingTaken(by:)`` when this one was silent for so long that another has begun.
    package func renew() throws(DataplaneError) {
        let current = try kernel { () throws(KernelError) in try control.lookUp(0) }
        if let current, current.session != request.session {
            throw .tracingTaken(by: Int32(bitPattern: current.owner))
        }
        try write(until: Self.leaseEnd)
    }

    /// Ends it; what was told until now can still be taken.
    package mutating func stop() throws(DataplaneError) {
        guard !isOver else { return }
        try write(until: 0)
        isOver = true
    }

    /// How many events matched and found no room since this tracer began.
    package func lostEvents() throws(DataplaneError) -> UInt64 { try Self.lost(in: rooms) &- lostBefore }

    private func write(until: UInt64) throws(DataplaneError) {
        var next = request
        next.until = until
        try kernel { () throws(KernelError) in try control.update(0, next) }
    }

    private static func control(in directory: PinDirectory) throws(DataplaneError) -> Map<UInt32, trace_control> {
        try kernel { () throws(KernelError) in try Map(pinned: directory.map(.tracing)) }
    }

    private static var leaseEnd: UInt64 { Deadline(after: lease).nanoseconds ?? 0 }

    private static func lost(in rooms: borrowing PerCPUMap<UInt32, trace_room>) throws(DataplaneError) -> UInt64 {
        try kernel { () throws(KernelError) in try rooms.lookUp(0) ?? [] }.reduce(0) { $0 &+ $1.lost }
    }
}

/// The names behind the numbers that events carry; read again when a number is new.
private struct TraceServiceNames {
    private let directory: PinDirectory
    private var names: [UInt32: ServiceName]
    private var nextReading = Deadline(after: .zero)

    init(in directory: PinDirectory) throws(DataplaneError) {
        self.directory = directory
        names = try Self.read(directory)
    }

    /// Nil for a service that has been deleted.
    mutating func name(of id: UInt32) throws(DataplaneError) -> ServiceName? {
        if let name = names[id] { return name }
        guard nextReading.hasPassed else { return nil }
        names.merge(try Self.read(directory)) { _, new in new }
        nextReading = Deadline(after: .seconds(1))
        return names[id]
    }

    /// Empty for no name, which stands for all services.
    func numbers(of service: ServiceName?) throws(DataplaneError) -> [UInt32] {
        guard let service else { return [] }
        let numbers = names.filter { service.covers($0.value) }.keys.sorted()
        guard !numbers.isEmpty else { throw .unknownService(service) }
        guard numbers.count <= TraceFilter.serviceLimit else {
            throw .tooManyServicePorts(service, numbers.count, limit: TraceFilter.serviceLimit)
        }
        return numbers
    }

    private static func read(_ directory: PinDirectory) throws(DataplaneError) -> [UInt32: ServiceName] {
        try ServiceRecord.all(in: directory).mapValues(\.name)
    }
}

extension Dataplane {
    /// Begins to trace.
    ///
    /// - Throws: ``DataplaneError``: `tracingTaken` while another process does, `tracingUnknown` when the programs are
    ///   of a version that cannot be traced.
    package func trace(_ filter: TraceFilter, lockedUntil deadline: Deadline) throws(DataplaneError) -> Tracer {
        let lock = try Dataplane.lock(location.bpffs, until: deadline)
        defer { withExtendedLifetime(lock) {} }
        return try .begin(in: directory, filter)
    }
}
