// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What a proxy has to know of a `discovery.k8s.io/v1 EndpointSlice`, or of one subset of `v1 Endpoints`.
package struct SliceObject: Hashable, Sendable {
    package enum AddressType: String, Sendable, Hashable, CaseIterable {
        case v4 = "IPv4"
        case v6 = "IPv6"
        case names = "FQDN"
    }

    package struct Port: Hashable, Sendable {
        /// Empty for the only, unnamed port of the service.
        package var name: String
        package var transport: PortProtocol
        package var port: UInt16
    }

    package struct Member: Hashable, Sendable {
        package var address: IPAddress
        package var isReady = true
        package var isServing = true
        package var isTerminating = false
        package var node: String?
        /// The zones and nodes that shall use this endpoint; empty without a hint.
        package var zoneHints: [String] = []
        package var nodeHints: [String] = []

        package init(address: IPAddress, isReady: Bool = true, isServing: Bool = true, node: String? = nil) {
            self.address = address
            self.isReady = isReady
            self.isServing = isServing
            self.node = node
        }
    }

    package var name: ObjectName
    /// Nil for a slice that belongs to no service.
    package var service: ObjectName?
    package var ports: [Port]
    package var members: [Member]
    /// The addresses are host names, which no proxy serves.
    package var hasNames = false
    /// Of the labels that keep it from the cluster's own proxy.
    package var isForOthers = false
}

extension SliceObject {
    init(_ object: Field) throws(FieldError) {
        let metadata = try object.required("metadata")
        let labels = try metadata.member("labels")
        let name = try ObjectName(metadata: metadata)
        let type = try object.required("addressType").word(AddressType.self)
        self.name = name
        let owner = try labels?.string(Label.serviceName) ?? ""
        service = owner.isEmpty ? nil : ObjectName(namespace: name.namespace, name: owner)
        hasNames = type == .names
        isForOthers = try labels?.isForOthers() ?? false
        ports = try Self.ports(object)
        var members: [Member] = []
        if type != .names {
            for endpoint in try object.items("endpoints") { members.append(try Member(endpoint, type)) }
        }
        self.members = members
    }

    /// Without the ports that stand for all or none: no proxy knows what to do with them.
    static func ports(_ object: Field) throws(FieldError) -> [Port] {
        var ports: [Port] = []
        for field in try object.items("ports") {
            let name = try field.string("name") ?? ""
            let transport = try field.member("protocol")?.word(PortProtocol.self) ?? .tcp
            guard let number = try field.optionalPort("port") else { continue }
            ports.append(Port(name: name, transport: transport, port: number))
        }
        return ports
    }
}

extension SliceObject.Member {
    init(_ endpoint: Field, _ type: SliceObject.AddressType) throws(FieldError) {
        // The API leaves open what further addresses mean, so nobody uses them.
        guard let first = try endpoint.items("addresses").first else {
            throw FieldError(node: endpoint.node, missing: "addresses", problem: .missing)
        }
        let address = try first.address()
        guard address.family == (type == .v4 ? .v4 : .v6) else {
            throw first.failing(.familyMismatch(address, addressType: type.rawValue))
        }
        self.init(address: address, node: try endpoint.string("nodeName"))
        if let conditions = try endpoint.member("conditions") {
            isReady = try conditions.boolean("ready") ?? true
            isServing = try conditions.boolean("serving") ?? true
            isTerminating = try conditions.boolean("terminating") ?? false
        }
        guard let hints = try endpoint.member("hints") else { return }
        for zone in try hints.items("forZones") { zoneHints.append(try zone.required("name").string()) }
        for node in try hints.items("forNodes") { nodeHints.append(try node.required("name").string()) }
    }
}

/// What a proxy has to know of the `v1 Endpoints` of a service, which came before the slices.
package struct EndpointsObject: Hashable, Sendable {
    package var name: ObjectName
    package var subsets: [SliceObject]
    /// Its labels keep it from the cluster's own proxy, which reads what is mirrored into slices.
    package var isForOthers: Bool
}

extension EndpointsObject {
    init(_ object: Field) throws(FieldError) {
        let metadata = try object.required("metadata")
        let labels = try metadata.member("labels")
        let name = try ObjectName(metadata: metadata)
        self.name = name
        let staysUnmirrored = try labels?.truth(Label.skipMirror) ?? false
        isForOthers = try labels?.isForOthers() ?? false || staysUnmirrored
        var subsets: [SliceObject] = []
        for subset in try object.items("subsets") {
            var members: [SliceObject.Member] = []
            for address in try subset.items("addresses") {
                members.append(
                    SliceObject.Member(
                        address: try address.required("ip").address(), node: try address.string("nodeName")))
            }
            for address in try subset.items("notReadyAddresses") {
                members.append(
                    SliceObject.Member(
                        address: try address.required("ip").address(), isReady: false, isServing: false,
                        node: try address.string("nodeName")))
            }
            subsets.append(
                SliceObject(name: name, service: name, ports: try SliceObject.ports(subset), members: members))
        }
        self.subsets = subsets
    }
}

extension Field {
    /// A label that is a truth value, written in any way that Go's `strconv.ParseBool` takes for true.
    fileprivate func truth(_ label: String) throws(FieldError) -> Bool {
        ["1", "t", "T", "true", "True", "TRUE"].contains(try string(label) ?? "")
    }

    /// Whether labels keep an object from the cluster's own proxy; what they say does not matter.
    fileprivate func isForOthers() throws(FieldError) -> Bool {
        if try member(Label.proxyName) != nil { return true }
        return try member(Label.headless) != nil
    }
}
