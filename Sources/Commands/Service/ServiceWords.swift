// SPDX-License-Identifier: Apache-2.0

import CommandLineKit
import DataplaneModel

/// The options of `service set`, and the service that they describe.
enum ServiceWords {
    static let options = addresses + others

    private static let addresses = [
        OptionSpec(
            "vip", value: ValueSpec("ADDR:PORT/PROTO"), isRepeatable: true, "Cluster address that clients connect to"),
        OptionSpec(
            "node-port", value: ValueSpec("PORT/PROTO"), isRepeatable: true, "Port on every address of the node"),
        OptionSpec(
            "external-ip", value: ValueSpec("ADDR:PORT/PROTO"), isRepeatable: true,
            "Address that is routed to the nodes from outside"),
        OptionSpec(
            "load-balancer", value: ValueSpec("ADDR:PORT/PROTO"), isRepeatable: true,
            "Address of the load balancer in front of the nodes"),
    ]

    private static let others = [
        OptionSpec(
            "backend", value: ValueSpec("ADDR:PORT[,weight=N][,local]"), isRepeatable: true,
            "Server, with its share of the connections (1…100, default 1)"),
        OptionSpec(
            "affinity", value: ValueSpec("DURATION"),
            "Keep a client on its backend until it has opened no connection for this long, 1s…1d"),
        OptionSpec(
            "external-policy", value: policy, "Nodes whose backends serve clients outside the cluster"),
        OptionSpec("internal-policy", value: policy, "Nodes whose backends serve clients of --vip"),
        OptionSpec(
            "source-range", value: ValueSpec("CIDR"), isRepeatable: true,
            "Clients that may use --load-balancer; without one, the other addresses than --vip"),
        OptionSpec(
            "algorithm",
            value: ValueSpec("NAME", .enumeration(BalancingAlgorithm.allCases.map(\.rawValue)), default: "random"),
            "How a backend is drawn, by maglev alike on all nodes"),
    ]

    private static let policy = ValueSpec(
        "POLICY", .enumeration(TrafficPolicy.allCases.map(\.rawValue)), default: TrafficPolicy.cluster.rawValue)

    /// The service that the words describe, whole and valid.
    static func service(of words: Invocation) throws(CommandError) -> Service {
        let service = Service(
            name: try words.required(ServiceNameArgument.name) { try ServiceName($0) },
            frontends: try frontends(of: words), backends: try words.options("backend") { try Backend($0) },
            affinity: try words.option("affinity") { try Duration(text: $0) },
            externalPolicy: try words.option("external-policy") { try TrafficPolicy($0) } ?? .cluster,
            internalPolicy: try words.option("internal-policy") { try TrafficPolicy($0) } ?? .cluster,
            sourceRanges: try words.options("source-range") { try Prefix($0) },
            algorithm: try words.option("algorithm") { try BalancingAlgorithm($0) } ?? .random)
        if service.frontends.isEmpty {
            throw .input(InputError(reason: ServiceWordsProblem.noFrontend, command: words.command))
        }
        if !service.sourceRanges.isEmpty, !service.frontends.contains(where: \.isExternal) {
            let reason = ServiceWordsProblem.nothingToRestrict
            throw .input(InputError(owner: .option("source-range"), reason: reason, command: words.command))
        }
        do {
            // None at all is said on purpose; one family without is an oversight.
            try service.validate(backends: service.backends.isEmpty ? .optional : .required)
        } catch {
            throw .input(InputError(reason: error, command: words.command))
        }
        return service
    }

    private static func frontends(of words: Invocation) throws(CommandError) -> [Frontend] {
        try words.options("vip") { .clusterIP(try FrontendAddress($0)) }
            + words.options("node-port") { .nodePort(try NodePort($0)) }
            + words.options("external-ip") { .externalIP(try FrontendAddress($0)) }
            + words.options("load-balancer") { .loadBalancer(try FrontendAddress($0)) }
    }
}

/// Why options that are each right describe no service.
enum ServiceWordsProblem: ModelError {
    case noFrontend
    /// Source ranges, and only cluster addresses, which they do not concern.
    case nothingToRestrict

    var message: String {
        switch self {
        case .noFrontend:
            "no address is given: one of --vip, --node-port, --external-ip or --load-balancer is needed"
        case .nothingToRestrict:
            "only --vip is given, which it does not concern: add --node-port, --external-ip or --load-balancer"
        }
    }
}
