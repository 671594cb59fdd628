// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import LinuxSystem
import Testing

@testable import Dataplane

/// What `route get` says about the way of a packet, by what the entry, the options and the kernel say.
@Suite struct RouteExplanationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var role = Route.Role.workload
        /// The interface; nil for another node.
        var interface: UInt32?
        var node = IPAddress.v4(0x0A00_0002)
        var isPeer = true
        var forwarding = EnableOptions.Forwarding.direct
        /// The device that the kernel routes to; nil for none.
        var kernel: UInt32? = 7
        var hasOverlay = true
        var goesThroughStack = false
        let fromPods: RouteExplanation.Way
        let fromOutside: RouteExplanation.Way
    }

    private static func way(_ mode: RouteExplanation.Mode, _ reason: RouteExplanation.Reason) -> RouteExplanation.Way {
        RouteExplanation.Way(mode: mode, reason: reason)
    }

    static let cases = [
        Case(
            testDescription: "a pod behind its veth", interface: 7, fromPods: way(.peer, .behindVeth),
            fromOutside: way(.peer, .behindVeth)),
        Case(
            testDescription: "a pod that the kernel finds elsewhere", interface: 8,
            fromPods: way(.neighbor, .kernelRoutesElsewhere), fromOutside: way(.neighbor, .kernelRoutesElsewhere)),
        Case(
            testDescription: "a pod on a bridge", interface: 7, isPeer: false,
            fromPods: way(.neighbor, .deviceIsNoVeth),
            fromOutside: way(.neighbor, .deviceIsNoVeth)),
        Case(
            testDescription: "a pod behind a packet filter", interface: 7, forwarding: .stack,
            fromPods: way(.stack, .forwardingIsStack), fromOutside: way(.stack, .forwardingIsStack)),
        Case(
            testDescription: "a pod that the kernel does not find", interface: 7, kernel: nil,
            fromPods: way(.stack, .kernelHasNone), fromOutside: way(.stack, .kernelHasNone)),
        Case(
            testDescription: "this node", role: .host, interface: 7, fromPods: way(.stack, .ownAddress),
            fromOutside: way(.stack, .ownAddress)),
        Case(
            testDescription: "a pod of another node", fromPods: way(.neighbor, .kernelHasRoute),
            fromOutside: way(.tunnel, .nodeIsKnown)),
        Case(
            testDescription: "a pod of a node without an overlay", hasOverlay: false,
            fromPods: way(.neighbor, .kernelHasRoute), fromOutside: way(.untouched, .noOverlay)),
        Case(
            testDescription: "a pod of an unnamed node", node: .v4(0), fromPods: way(.neighbor, .kernelHasRoute),
            fromOutside: way(.untouched, .nodeUnknown)),
        Case(
            testDescription: "a pod of another node behind another product's tunnel", goesThroughStack: true,
            fromPods: way(.stack, .kernelGoesAround),
            fromOutside: way(.tunnel, .nodeIsKnown)),
        Case(
            testDescription: "another node", role: .host, fromPods: way(.stack, .notWorkload),
            fromOutside: way(.tunnel, .nodeIsKnown)),
    ]

    @Test(arguments: cases)
    func theWayFollowsFromEntryOptionsAndKernel(of route: Case) throws {
        let place: Route.Place =
            route.interface.map { .local(InterfaceReference(name: nil, index: $0)) } ?? .remote(via: route.node)
        let entry = RouteEntry(
            route: Route(prefix: try Prefix("10.244.1.0/24"), role: route.role, place: place), isPeer: route.isPeer,
            goesThroughStack: route.goesThroughStack)
        var options = EnableOptions()
        options.forwarding = route.forwarding
        let kernel = try route.kernel.map { KernelRoute(to: try Prefix("10.244.1.2/32"), interfaceIndex: $0) }
        let explanation = RouteExplanation(entry, options: options, kernel: kernel, hasOverlay: route.hasOverlay)
        #expect(explanation.fromPods == route.fromPods)
        #expect(explanation.fromOutside == route.fromOutside)
    }

    @Test(arguments: [(EnableOptions.ReturnPath.dsr, false, true), (.dsr, true, false), (.tunnel, false, false)])
    func repliesReturnDirectlyUnlessARouteOrTheOptionsForbid(
        path: EnableOptions.ReturnPath, noDSR: Bool, directly: Bool
    ) throws {
        let route = Route(
            prefix: try Prefix("192.0.2.0/24"), role: .host, place: .remote(via: try IPAddress("10.0.0.2")),
            noDSR: noDSR)
        var options = EnableOptions()
        options.returnPath = path
        let entry = RouteEntry(route: route)
        let explanation = RouteExplanation(entry, options: options, kernel: nil, hasOverlay: true)
        #expect(explanation.returnsDirectly == directly)
    }

    @Test func aLookupFindsTheLongestPrefix() throws {
        let entries = try ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "fd00::/8"].map { text in
            RouteEntry(
                route: Route(prefix: try Prefix(text), role: .host, place: .remote(via: .v4(0))))
        }
        let lookup = RouteLookup(entries)
        for address in try ["10.1.2.3", "10.1.2.4", "10.2.0.1", "11.0.0.1", "fd00::1", "fe80::1"].map(IPAddress.init) {
            #expect(lookup.entry(for: address) == entries.covering(address), "\(address)")
        }
    }
}
