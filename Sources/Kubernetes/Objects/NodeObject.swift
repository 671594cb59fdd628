// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// What a proxy has to know of a `v1 Node`.
package struct NodeObject: Hashable, Sendable {
    package var name: String
    package var zone: String?
    /// What the machine calls itself: its label and its address of that type.
    package var hostNames: [String]
    /// The addresses of type `InternalIP`, the first of each family being the one that others use.
    package var internalIPs: [IPAddress]
    package var podCIDRs: [Prefix]
    /// Addresses of that type at which nobody can reach it, in its own words: the API lets anything pass.
    package var unusableIPs: [String] = []

    package func internalIP(_ family: AddressFamily) -> IPAddress? {
        internalIPs.first { $0.family == family }
    }
}

extension NodeObject {
    init(_ object: Field) throws(FieldError) {
        let metadata = try object.required("metadata")
        let labels = try metadata.member("labels")
        name = try metadata.required("name").string()
        zone = try labels?.string(Label.zone)
        var names: [String] = []
        if let label = try labels?.string(Label.hostName) { names.append(label) }
        var addresses: [IPAddress] = []
        var unusable: [String] = []
        for field in try object.member("status")?.items("addresses") ?? [] {
            switch try field.required("type").string() {
            case "InternalIP":
                let address = try field.required("address")
                if let usable = address.nodeAddress {
                    addresses.append(usable)
                } else {
                    unusable.append(try address.string())
                }
            case "Hostname": names.append(try field.required("address").string())
            default: continue
            }
        }
        hostNames = names
        internalIPs = addresses
        unusableIPs = unusable
        podCIDRs = try Self.podCIDRs(object)
    }

    private static func podCIDRs(_ object: Field) throws(FieldError) -> [Prefix] {
        guard let spec = try object.member("spec") else { return [] }
        var fields = try spec.items("podCIDRs")
        if fields.isEmpty, let single = try spec.member("podCIDR"), try single.string() != "" { fields = [single] }
        var prefixes: [Prefix] = []
        for field in fields { prefixes.append(try field.prefix()) }
        return prefixes
    }
}

extension Field {
    /// Nil for what is no address of a machine on a network: a name, one with a zone, a loopback one.
    fileprivate var nodeAddress: IPAddress? {
        guard let address = try? address() else { return nil }
        let isElsewhere = address.isLoopback || address.isLinkLocal || address.isMulticast || address.isBroadcast
        return address.isUnspecified || isElsewhere ? nil : address
    }
}
