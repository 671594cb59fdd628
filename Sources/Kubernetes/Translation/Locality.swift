// SPDX-License-Identifier: Apache-2.0

package import DataplaneModel

/// Which endpoints are on this node.
enum Locality {
    /// Those that name it.
    case named(String)
    /// Those with one of these addresses, whatever node they name.
    case addresses(Set<IPAddress>)

    func holds(_ member: SliceObject.Member) -> Bool {
        switch self {
        case .named(let name): member.node == name
        case .addresses(let addresses): addresses.contains(member.address)
        }
    }
}

extension Locality {
    /// By name where a Node object or an endpoint bears it, or none names a node at all; else by the routes.
    init(
        _ objects: ObjectSet, of node: NodeFacts, _ options: TranslationOptions, _ notes: inout [TranslationNote]
    ) throws(TranslationError) {
        self = .named(node.name)
        guard !node.isKnown else { return }
        let named = Set(objects.members.lazy.compactMap(\.node))
        if !named.isEmpty, !named.contains(node.name) {
            guard let local = options.localEndpoints else { throw .unknownPlaces(node: node.name) }
            notes.append(.placesByRoutes(node: node.name))
            self = .addresses(local)
        }
        if objects.members.contains(where: { !$0.zoneHints.isEmpty }) { notes.append(.hintsWithoutNode) }
    }
}

extension ObjectSet {
    /// The addresses of all endpoints, whether they serve or not.
    package var endpointAddresses: Set<IPAddress> { Set(members.lazy.map(\.address)) }

    fileprivate var members: some Sequence<SliceObject.Member> {
        [slices, endpoints.flatMap(\.subsets)].lazy.flatMap { $0.lazy.flatMap(\.members) }
    }
}
