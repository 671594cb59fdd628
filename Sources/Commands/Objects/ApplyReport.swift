// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import Rendering

extension ServiceDiff.Entry {
    var losesBackends: Bool { action == .deleted || !changes.removedBackends.isEmpty }
}

extension ServiceDiff {
    /// A line for each service, with what changes in it.
    func lines(isDryRun: Bool) -> [Change] {
        entries.map { entry in
            Change(
                "service", entry.name.text, Change.Outcome(entry.action), isDryRun: isDryRun,
                details: entry.action == .configured ? entry.changes.details : [])
        }
    }

    /// `3 services: 1 created, 2 unchanged`.
    var summary: String {
        let counts = [Action.created, .configured, .unchanged, .deleted].map { action in
            (action, entries.count { $0.action == action })
        }
        let parts = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }
        return "\(entries.count) \(entries.count == 1 ? "service" : "services"): \(parts.joined(separator: ", "))"
    }
}

extension ServiceChanges {
    /// `backend 10.1.0.3:8080 added`, and so on.
    fileprivate var details: [String] {
        addedFrontends.map { "frontend \($0) added" } + removedFrontends.map { "frontend \($0) removed" }
            + addedBackends.map { "backend \($0.endpoint) added" }
            + removedBackends.map { "backend \($0.endpoint) removed" }
            + modifiedBackends.map { "backend \($0) changed" } + settings.map { "\($0.rawValue) changed" }
    }
}

extension RouteChanges {
    /// A line for each route that is not as it was.
    func lines(isDryRun: Bool) -> [Change] {
        let lines =
            added.map { ($0, Change.Outcome.created) } + changed.map { ($0, .configured) }
            + removed.map { ($0, .deleted) }
        return lines.sorted { $0.0 < $1.0 }.map { route, outcome in
            Change("route", route.prefix.description, outcome, isDryRun: isDryRun)
        }
    }

    /// `12 routes unchanged`.
    var unchangedSummary: String { "\(unchanged) \(unchanged == 1 ? "route" : "routes") unchanged" }

    /// `14 routes: 2 created, 12 unchanged`.
    var summary: String {
        let counts = [
            ("created", added.count), ("configured", changed.count), ("unchanged", unchanged),
            ("deleted", removed.count),
        ]
        let total = counts.reduce(0) { $0 + $1.1 }
        let parts = counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)" }
        return "\(total) \(total == 1 ? "route" : "routes")"
            + (parts.isEmpty ? "" : ": \(parts.joined(separator: ", "))")
    }
}
