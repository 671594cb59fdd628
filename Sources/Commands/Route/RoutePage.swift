// SPDX-License-Identifier: Apache-2.0

import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering

/// The route of one address, with what follows from it.
struct RoutePage: Describable {
    let address: IPAddress
    let row: RouteRow
    let kernel: KernelAnswer
    let explanation: RouteExplanation
    let names: InterfaceNames

    static var kind: String { RouteRow.kind }

    var resourceName: String { row.resourceName }

    private var node: String {
        switch row.entry.route.place {
        case .local: "this one"
        case .remote(let node) where !node.isUnspecified: "\(node)"
        case .remote: row.entry.route.role == .host ? "the address itself, on the link" : "not named by any route"
        }
    }

    private var replies: String {
        explanation.returnsDirectly ? "leave the backend's node directly" : "return by the node that was asked"
    }

    func describe(_ page: inout DescriptionList) {
        page.entry("Address", "\(address)")
        row.describe(&page)
        page.entry("Node", node)
        page.entry("Kernel", kernel.text(names), kernel.route == nil ? .warning : .plain)
        page.entry("From pods", explanation.fromPods.text, explanation.fromPods.mode.tone)
        page.entry("From outside", explanation.fromOutside.text, explanation.fromOutside.mode.tone)
        page.entry("Replies to it", replies)
    }

    func fields(_ object: inout ObjectWriter) {
        object.string("address", "\(address)")
        row.fields(&object)
        object.object("kernel") { kernel in
            let hop = self.kernel.route?.nextHops.first
            kernel.bool("reachable", self.kernel.route != nil)
            kernel.string("gateway", hop?.gateway.map { "\($0)" })
            kernel.string("interface", hop?.interfaceIndex.flatMap(names.name))
            kernel.string("source", self.kernel.route?.preferredSource.map { "\($0)" })
            kernel.string("message", self.kernel.text(names))
        }
        for (name, way) in [("fromPods", explanation.fromPods), ("fromOutside", explanation.fromOutside)] {
            object.object(name) { item in
                item.string("mode", way.mode.rawValue)
                item.string("reason", way.reason.text)
            }
        }
        object.bool("returnsDirectly", explanation.returnsDirectly)
    }
}

extension RouteExplanation.Way {
    /// `forward-peer: the kernel routes to this veth, too`.
    var text: String { "\(mode.rawValue): \(reason.text)" }
}

extension RouteExplanation.Mode {
    fileprivate var tone: Tone { self == .untouched ? .warning : .plain }
}

extension RouteExplanation.Reason {
    /// Why, in a phrase.
    var text: String {
        switch self {
        case .ownAddress: "it is an address of this node itself"
        case .forwardingIsStack: "the dataplane is enabled with --forwarding stack"
        case .notWorkload: "only pods are reached past the host stack"
        case .kernelGoesAround: "the kernel reaches it by a device that is no uplink"
        case .behindVeth: "it is behind that veth, and the kernel routes there, too"
        case .deviceIsNoVeth: "the interface is no veth into another namespace"
        case .kernelRoutesElsewhere: "the kernel routes to another interface than the entry's"
        case .kernelHasRoute: "it is a pod, and the kernel has a route to it"
        case .kernelHasNone: "the kernel has no route to it"
        case .nodeIsKnown: "through the overlay to its node, which draws among its own backends"
        case .nodeUnknown: "no route names its node"
        case .noOverlay: "there is no overlay to other nodes"
        }
    }
}
