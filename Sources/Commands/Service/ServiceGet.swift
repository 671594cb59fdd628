// SPDX-License-Identifier: Apache-2.0

package import CommandLineKit
import Dataplane
import DataplaneModel
import Rendering

package enum ServiceGet: Command {
    package static let spec = CommandSpec(
        noun: "service", verb: "get", "Show one service, or the one that an address leads to",
        details: [
            "A name without a port that no service has by itself shows all ports of the service, a page each.",
            """
            For an address and port, shows which frontend matches, as the programs look it up: the address itself \
            first, then a node port where the address is one of this node's own. '*:PORT/PROTO' asks for a node port.
            """,
        ],
        arguments: [
            ArgumentSpec(ServiceNameArgument.value, "The service, namespace/name[:port], or ADDR:PORT/PROTO")
        ],
        examples: [
            Example("ebpfctl service get default/web", "Show the service default/web"),
            Example("ebpfctl service get kube-system/dns:dns-tcp -o json", "One port of a service, as a document"),
            Example("ebpfctl service get 10.96.0.10:80/tcp", "Who serves clients of this address?"),
        ],
        requirements: Requirement.standard,
        exitCodes: ExitMeaning.standard([.notFound: "no such service, or the dataplane is not enabled"]))

    package static func run(_ context: CommandContext) throws -> ExitCode {
        let question = try context.invocation.required(ServiceNameArgument.name) { try ServiceQuestion($0) }
        let dataplane = try context.reading()
        let store = try dataplane.services()
        switch question {
        case .name(let name):
            let found = try store.services(calledOrCoveredBy: name)
            guard !found.isEmpty else { throw DataplaneError.unknownService(name) }
            try context.renderer.pages(found.map { ServiceRow(service: $0.limited(to: context.families) ?? $0) })
        case .address(let address):
            let isOwn = try dataplane.isOwn(address.endpoint.address)
            guard let match = try store.match(address, isOwn: isOwn) else {
                throw DataplaneError.unknownFrontend(
                    "\(address)", others: try neighbours(of: address, isOwn, in: store))
            }
            try context.renderer.page(ServiceMatchPage(asked: "\(address)", family: address.family, match: match))
        case .nodePort(let node):
            guard let match = try store.match(of: node) else {
                throw DataplaneError.unknownFrontend("\(Frontend.nodePort(node))", others: [])
            }
            let page = ServiceMatchPage(asked: "\(match.frontend)", family: context.onlyFamily, match: match)
            try context.renderer.page(page)
        }
        return .success
    }

    /// What the user may have meant: other frontends of the address, and a node port that is another address's.
    private static func neighbours(
        of asked: FrontendAddress, _ isOwn: Bool, in store: borrowing ServiceStore
    ) throws -> [String] {
        let services = try store.services()
        let others = services.flatMap { service in
            service.frontends.filter { $0.address?.endpoint.address == asked.endpoint.address }.map {
                ($0, service.name)
            }
        }
        var lines = others.prefix(5).map { "that address has '\($0)' of service '\($1)'" }
        let node = NodePort(port: asked.endpoint.port, transport: asked.transport)
        if !isOwn, let match = try store.match(of: node) {
            lines.append("service '\(match.service.name)' has node port '\(node)', but that address is not this node's")
        }
        return lines
    }
}

extension ServiceStore {
    /// The service of exactly this name or, of a name without a port that none has, its ports.
    fileprivate borrowing func services(calledOrCoveredBy name: ServiceName) throws(DataplaneError) -> [Service] {
        if let service = try service(named: name) { return [service] }
        return try services().filter { name.covers($0.name) }
    }
}

/// What `service get` is asked about.
enum ServiceQuestion {
    case name(ServiceName)
    case address(FrontendAddress)
    case nodePort(NodePort)

    init(_ text: String) throws {
        // Of a name, what stands before the slash or, without one, before the port has neither dots nor colons.
        let head = text.prefix { $0 != "/" }
        if text.hasPrefix("*:") {
            self = .nodePort(try NodePort(String(text.dropFirst(2))))
        } else if head.hasPrefix("[") || head.contains(".") || head.count(where: { $0 == ":" }) > 1 {
            self = .address(try FrontendAddress(text))
        } else {
            self = .name(try ServiceName(text))
        }
    }
}

extension Dataplane {
    /// Whether the programs take an address for one of this node; loopback is served at connect time.
    borrowing func isOwn(_ address: IPAddress) throws -> Bool {
        if address.isLoopback { return true }
        guard let entry = try routes().lookUp(address) else { return false }
        return entry.route.isLocal && entry.route.role == .host
    }
}
