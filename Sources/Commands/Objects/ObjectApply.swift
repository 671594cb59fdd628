// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import Dataplane
import DataplaneModel
import Kubernetes
import Rendering
import Topology

/// Makes services and nodes as Kubernetes objects say.
struct ObjectApply {
    let context: CommandContext
    /// As the user named it.
    let input: String
    let pruning: Bool

    func run(_ objects: ObjectSet) throws -> ExitCode {
        guard !objects.isEmpty else { throw CommandError.document(DocumentError(.noKnownObject), file: input) }
        let dataplane = try context.writing()
        let kernel = try dataplane.kernelRoutes()
        var state = try translate(objects, kernel, RouteLookup(dataplane.routes().routes()))
        let current = try dataplane.services().services()
        try check(objects, against: current, &state)
        let enabled = EnableOptions(words: try dataplane.record().configuration)
        state.limit(toNodePorts: PortRange(enabled.nodePortRange), current: current)
        let unserved = state.limit(to: enabled.families)
        tell(state, unserved)
        let (diff, routes) = try apply(state, hasNodes: !objects.nodes.isEmpty, to: dataplane, kernel)
        tellRefusing(context.worthTelling(state.services, changedIn: diff))
        try context.noteCautions(state.services, changedIn: diff, in: dataplane)
        try report(diff, routes)
        return .success
    }

    private func translate(
        _ objects: ObjectSet, _ kernel: KernelRoutes, _ routes: RouteLookup
    ) throws -> DesiredState {
        var options = try ObjectOptions.translation(context.invocation)
        options.ownAddresses = kernel.ownAddresses
        if objects.nodes.isEmpty { options.localEndpoints = routes.local(among: objects.endpointAddresses) }
        do throws(TranslationError) {
            return try objects.desiredState(options)
        } catch {
            throw CommandError.unfit(.translation(error), file: input)
        }
    }

    /// Refuses what looks like half of the objects, and keeps the API server's service.
    private func check(_ objects: ObjectSet, against current: [Service], _ state: inout DesiredState) throws {
        if pruning, objects.services.isEmpty, !current.isEmpty {
            throw CommandError.unfit(.noServices(count: current.count), file: input)
        }
        state.keepAPIServer(current: current, pruning: pruning)
        guard objects.slices.isEmpty, objects.endpoints.isEmpty else { return }
        let served = Set(current.lazy.filter(\.isServed).map(\.name))
        let losing = state.services.filter { !$0.isServed && served.contains($0.name) }.map(\.name)
        guard losing.isEmpty else { throw CommandError.unfit(.noEndpoints(losing), file: input) }
    }

    /// The routes first, since they tell where a backend is; they are put back when the services are refused.
    private func apply(
        _ state: DesiredState, hasNodes: Bool, to dataplane: borrowing Dataplane, _ kernel: KernelRoutes
    ) throws -> (ServiceDiff, RouteChanges?) {
        var removal = CloseTCP.removal(context)
        let store = try dataplane.routes()
        let before = try store.routes().filter { $0.origin == .cluster }.map(\.route)
        let changes =
            hasNodes
            ? try store.synchronize(
                withNodes: state.routes.compactMap(\.remote),
                here: state.settledPrefixes(among: before), pruning: pruning, kernel: kernel, isDryRun: context.isDryRun
            )
            : nil
        do {
            let diff = try dataplane.replace(
                state.services, pruning: pruning, isDryRun: context.isDryRun, &removal)
            try context.finish(removal, of: diff.entries.filter(\.losesBackends).map(\.name), in: dataplane)
            return (diff, changes)
        } catch {
            if changes != nil, !context.isDryRun {
                _ = try? store.synchronize(withNodes: before, here: [], pruning: true, kernel: kernel)
            }
            throw error
        }
    }

    private func tell(_ state: DesiredState, _ unserved: [ServiceName]) {
        let notes = context.isQuiet ? state.notes.filter(\.isTrouble) : state.notes
        for line in notes.digest { context.note(line) }
        if !unserved.isEmpty {
            context.remark(
                "\(unserved.count) \(unserved.count == 1 ? "service has" : "services have") addresses of a family that "
                    + "is not enabled, which are left out: \(unserved.listed)")
        }
        let checked = state.healthChecks.map { "\($0.service)" }
        if !checked.isEmpty {
            context.remark(
                "nobody answers the health check port of \(checked.digest): load balancers cannot ask which nodes have "
                    + "backends")
        }
    }

    /// Without the hint at `backend add`: endpoints come from objects.
    private func tellRefusing(_ services: [Service]) {
        let refusing = services.filter { !$0.isServed }.map(\.name)
        guard !refusing.isEmpty else { return }
        let (subject, owner) = refusing.count == 1 ? ("service has", "its") : ("services have", "their")
        context.note(
            "\(refusing.count) \(subject) no active backend, so \(owner) clients are refused: \(refusing.listed)")
    }

    private func report(_ diff: ServiceDiff, _ routes: RouteChanges?) throws {
        let ofRoutes = routes?.lines(isDryRun: context.isDryRun) ?? []
        try context.renderer.changes(ofRoutes + diff.lines(isDryRun: context.isDryRun))
        if let routes { context.remark(routes.summary) }
        if !diff.entries.isEmpty { context.remark(diff.summary) }
    }
}

extension DesiredState {
    /// Leaves out the addresses of other families.
    ///
    /// - Returns: the services that lose some.
    fileprivate mutating func limit(to families: Set<AddressFamily>) -> [ServiceName] {
        var shortened: [ServiceName] = []
        services = services.compactMap { service in
            let part = service.limited(to: families)
            if part?.frontends == service.frontends { return part }
            shortened.append(service.name)
            return part?.reachable
        }
        routes = routes.filter { families.contains($0.prefix.family) }
        return shortened
    }
}

extension DesiredState {
    /// What the objects say is on this node, and pods that need no route of their own any more: they are where their
    /// node's block is, or here.
    ///
    /// - Parameter routes: those that objects have asked for before.
    fileprivate func settledPrefixes(among routes: [Route]) -> Set<Prefix> {
        let here = Set(self.routes.lazy.filter { $0.place == .here }.map(\.prefix))
        let ofPods = routes.filter { $0.role == .workload && $0.prefix.isHost }.map(\.prefix)
        guard !ofPods.isEmpty else { return here }
        let addresses = Set(services.lazy.flatMap(\.backends).map(\.endpoint.address))
        return here.union(ofPods.lazy.filter { addresses.contains($0.address) })
    }
}

extension KernelRoutes {
    /// The addresses of this machine, in the families that are enabled.
    fileprivate var ownAddresses: Set<IPAddress> {
        Set(
            desired.lazy.map(\.route).filter { $0.isLocal && $0.role == .host && $0.prefix.isHost }
                .map(\.prefix.address))
    }
}

extension RouteLookup {
    /// Those of the addresses that live on this node; nil where the routes say nothing of any.
    fileprivate func local(among addresses: Set<IPAddress>) -> Set<IPAddress>? {
        let covered = addresses.compactMap { address in entry(for: address).map { (address, $0.route.isLocal) } }
        return covered.isEmpty ? nil : Set(covered.lazy.filter(\.1).map(\.0))
    }
}
