// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

extension Dataplane {
    /// Makes one service so, in one step for the traffic.
    ///
    /// - Parameter removal: takes the backends that the service has lost.
    borrowing func replace(_ wanted: Service, isDryRun: Bool, _ removal: inout BackendRemoval) throws -> Change {
        let diff = try replace([wanted], pruning: false, isDryRun: isDryRun, &removal)
        let action = diff.entries.first?.action ?? .unchanged
        return Change("service", wanted.name.text, Change.Outcome(action), isDryRun: isDryRun)
    }

    /// Makes services so, all of them checked before the first one is written.
    ///
    /// - Parameters:
    ///   - pruning: whether those that are not among `wanted` go.
    ///   - removal: takes the backends that services have lost.
    borrowing func replace(
        _ wanted: [Service], pruning: Bool, isDryRun: Bool, _ removal: inout BackendRemoval
    ) throws -> ServiceDiff {
        let routes = RouteLookup(try routes().routes())
        let placed = wanted.map { $0.resolvingPlaces { routes.entry(for: $0)?.route.isLocal ?? false } }
        var store = try services()
        let diff = try store.difference(to: placed, pruning: pruning)
        if !isDryRun { removal.add(try store.apply(diff), after: diff) }
        return diff
    }
}

extension BackendRemoval {
    /// Takes over what a change of services has lost, if there can be flows to be ended.
    mutating func add(_ lost: [UInt32: [Endpoint]], after diff: ServiceDiff) {
        // It reads the whole connection table, which services without UDP need not pay for.
        guard closingTCP || diff.concernsUDP else { return }
        for (service, backends) in lost { add(backends, from: service) }
    }
}

extension ServiceDiff {
    /// Whether a service in it had a UDP frontend before.
    fileprivate var concernsUDP: Bool {
        entries.contains { $0.current?.frontends.contains { $0.transport == .udp } == true }
    }
}

extension Change.Outcome {
    /// The word for what a difference of services does.
    init(_ action: ServiceDiff.Action) {
        self =
            switch action {
            case .created: .created
            case .configured: .configured
            case .unchanged: .unchanged
            case .deleted: .deleted
            }
    }
}

extension CommandContext {
    /// Says so when a service is left without a backend that takes connections.
    func noteIfRefusing(_ service: Service) {
        guard !service.isServed else { return }
        let add = ErrorScene(words: invocation.words).line("backend add \(service.name) ADDR:PORT")
        note("service '\(service.name)' has no active backend: its clients are refused until there is one, see \(add)")
    }

    /// The same of many services; quietly, of those alone that are not as they were.
    func noteRefusing(_ services: [Service], changedIn diff: ServiceDiff) {
        noteRefusing(worthTelling(services, changedIn: diff))
    }

    /// With `-q` only those that this call has changed.
    func worthTelling(_ services: [Service], changedIn diff: ServiceDiff) -> [Service] {
        guard isQuiet else { return services }
        let changed = Set(diff.entries.lazy.filter { $0.action != .unchanged }.map(\.name))
        return services.filter { changed.contains($0.name) }
    }

    /// The same of many services, on one line.
    func noteRefusing(_ services: [Service]) {
        let refusing = services.filter { !$0.isServed }
        guard refusing.count > 1 else {
            if let service = refusing.first { noteIfRefusing(service) }
            return
        }
        let names = refusing.map(\.name).listed
        note("\(refusing.count) services have no active backend, so their clients are refused: \(names)")
    }
}
