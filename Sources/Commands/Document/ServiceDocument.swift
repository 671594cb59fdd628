// SPDX-License-Identifier: Apache-2.0

import DataplaneModel
import YAML

/// The services of a file, as `service export` writes them: `ServiceList`s and single `Service`s, any number of them.
struct ServiceDocument {
    /// Each valid, and no frontend claimed by two of them; in the order of the file. A backend's place that is not said
    /// is open.
    private(set) var services: [Service] = []
    /// Where each of the services stands.
    private var marks: [Mark] = []
    private var indices: [ServiceName: Int] = [:]

    /// - Parameter bytes: YAML, of which JSON is a part.
    /// - Throws: ``DocumentError`` for the first mistake.
    init(_ bytes: [UInt8]) throws(DocumentError) {
        var documents = try DocumentStream(bytes)
        while let document = try documents.next() { try read(document) }
        guard let conflict = FrontendConflict.among(services).first else { return }
        // The last one of those that claim it, the others have come before.
        let last = conflict.services.compactMap { indices[$0] }.max()
        throw DocumentError(.value(key: nil, conflict), at: last.map { marks[$0] })
    }

    private mutating func read(_ document: Node) throws(DocumentError) {
        switch try DocumentKind(of: document, oneOf: ["ServiceList", "Service"]).kind {
        case "Service":
            try add(try Service(MappingReader(document, keys: DocumentKind.keys + Service.documentKeys)), document.mark)
        default:
            let list = try MappingReader(document, keys: DocumentKind.keys + ["items"])
            _ = try list.required("items")
            for item in try list.items("items") {
                try add(try Service(MappingReader(item, keys: Service.documentKeys)), item.mark)
            }
        }
    }

    private mutating func add(_ service: Service, _ mark: Mark) throws(DocumentError) {
        if let first = indices.updateValue(services.count, forKey: service.name) {
            throw DocumentError(.repeated(service.name, first: marks[first]), at: mark)
        }
        services.append(service)
        marks.append(mark)
    }
}

extension FrontendConflict: ModelError {}

extension Service {
    fileprivate static let documentKeys = [
        "name", "frontends", "algorithm", "affinitySeconds", "externalPolicy", "internalPolicy", "sourceRanges",
        "backends",
    ]

    /// The whole service, valid; it may be without backends, which then refuses its clients.
    fileprivate init(_ object: MappingReader) throws(DocumentError) {
        self.init(name: try object.required("name") { try ServiceName($0) })
        for node in try object.items("frontends") { frontends.append(try Frontend(node)) }
        for node in try object.items("backends") { backends.append(try Backend(node)) }
        let longest = Int(Service.affinityLimit.components.seconds)
        affinity = try object.number("affinitySeconds", in: 1...longest).map { .seconds($0) }
        externalPolicy = try object.word("externalPolicy", as: TrafficPolicy.self) ?? .cluster
        internalPolicy = try object.word("internalPolicy", as: TrafficPolicy.self) ?? .cluster
        for node in try object.items("sourceRanges") {
            sourceRanges.append(try node.value(of: "sourceRanges") { try Prefix($0) })
        }
        algorithm = try object.word("algorithm", as: BalancingAlgorithm.self) ?? .random
        do {
            try validate(backends: .optional)
        } catch {
            throw DocumentError(.value(key: nil, error), at: object.mark)
        }
        if !sourceRanges.isEmpty, !frontends.contains(where: \.isExternal), let node = object.node("sourceRanges") {
            throw DocumentError(.value(key: "sourceRanges", SourceRangeProblem.nothingToRestrict), at: node.mark)
        }
    }
}

/// Why source ranges were refused that can each be read.
enum SourceRangeProblem: ModelError {
    /// The service has cluster addresses only, which they do not concern.
    case nothingToRestrict

    var message: String { "only frontends of other kinds than cluster-ip are restricted, and the service has none" }
}

extension Frontend {
    private static let documentKeys = ["kind", "address", "port", "protocol"]

    fileprivate init(_ node: Node) throws(DocumentError) {
        let object = try MappingReader(node, keys: Self.documentKeys)
        guard let kind = try object.word("kind", as: Kind.self) else {
            throw DocumentError(.missingKey("kind"), at: object.mark)
        }
        let port = try object.port()
        let transport = try object.required("protocol") { try TransportProtocol($0) }
        if kind == .nodePort {
            if let address = object.node("address") {
                throw DocumentError(
                    .unexpectedValue(key: "address", beside: "kind 'node-port'"), at: address.mark)
            }
            self = .nodePort(NodePort(port: port, transport: transport))
            return
        }
        let address = FrontendAddress(
            endpoint: Endpoint(address: try object.required("address") { try IPAddress($0) }, port: port),
            transport: transport)
        switch kind {
        case .externalIP: self = .externalIP(address)
        case .loadBalancer: self = .loadBalancer(address)
        case .clusterIP, .nodePort: self = .clusterIP(address)
        }
    }
}

extension Backend {
    private static let documentKeys = ["address", "port", "weight", "local", "state"]

    fileprivate init(_ node: Node) throws(DocumentError) {
        let object = try MappingReader(node, keys: Self.documentKeys)
        let address = try object.required("address") { try IPAddress($0) }
        self.init(
            endpoint: Endpoint(address: address, port: try object.port()),
            weight: try object.number("weight", in: Backend.weights) ?? 1,
            isLocal: try object.truth("local"), state: try object.word("state", as: State.self) ?? .active)
    }
}

extension MappingReader {
    fileprivate func port() throws(DocumentError) -> UInt16 {
        guard let port = try number("port", in: 1...65535) else { throw DocumentError(.missingKey("port"), at: mark) }
        return UInt16(port)
    }
}
