// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import LinuxSystem
import Rendering
import Topology

package enum RouteGet: Command {
    package static let spec = CommandSpec(
        noun: "route", verb: "get", "Explain how packets to an address travel",
        details: [
            """
            The longest prefix that holds the address decides, as it does for a packet. Shown are the entry, the way \
            that the kernel's own tables know, and from both how the programs send a request on to a backend at \
            this address: 'forward-peer' straight into the pod, 'forward-neighbor' to the next hop past the host \
            stack, 'forward-tunnel' through the overlay, 'forward-stack' through the host stack.
            """
        ],
        arguments: [ArgumentSpec(ValueSpec("ADDR"), "Address of a pod, a node or anything else")],
        examples: [
            Example("ebpfctl route get 10.244.1.7", "Where does 10.244.1.7 live, and how is it reached?"),
            Example("ebpfctl route get 10.244.1.7 -q", "Only the prefix that decides"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no route holds the address, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let address = try context.invocation.required("ADDR") { try IPAddress($0) }
        let dataplane = try context.reading()
        guard let entry = try dataplane.routes().lookUp(address) else {
            throw DataplaneError.unknownRoute(Prefix(host: address))
        }
        let options = EnableOptions(words: try dataplane.record().configuration)
        let kernel = KernelAnswer(to: address)
        let names = try InterfaceNames.current()
        let hasOverlay = options.overlayPort != 0 && (try? names.index(of: OverlayLink.name)) != nil
        let explanation = RouteExplanation(
            entry, options: options, kernel: kernel.route, hasOverlay: hasOverlay)
        try context.renderer.page(
            RoutePage(
                address: address, row: RouteRow(entry, names: names), kernel: kernel, explanation: explanation,
                names: names))
        return .success
    }
}

/// What the kernel says to a packet of this node to an address.
enum KernelAnswer {
    case route(KernelRoute)
    case refused(Errno)

    init(to address: IPAddress) {
        do throws(SystemError) {
            guard let route = try NetlinkSocket().route(to: address) else {
                self = .refused(.networkUnreachable)
                return
            }
            let forbids: [KernelRoute.Kind] = [.blackhole, .unreachable, .prohibit]
            self = forbids.contains(route.kind) ? .refused(.hostUnreachable) : .route(route)
        } catch {
            self = .refused(error.errno)
        }
    }

    var route: KernelRoute? {
        if case .route(let route) = self { route } else { nil }
    }

    /// As `ip route get` has it: `via 10.0.0.254 dev eth0 src 10.0.0.1`.
    func text(_ names: InterfaceNames) -> String {
        switch self {
        case .refused(let errno): return errno.cause
        case .route(let route):
            let hop = route.nextHops.first
            let device = hop?.interfaceIndex.map { names.name(of: $0) ?? "#\($0)" }
            let parts = [
                route.kind == .local ? "local" : nil, hop?.gateway.map { "via \($0)" }, device.map { "dev \($0)" },
                route.preferredSource.map { "src \($0)" },
            ]
            return parts.compactMap(\.self).joined(separator: " ")
        }
    }
}
