// SPDX-License-Identifier: Apache-2.0

import DataplaneModel

/// The slices by the service they belong to.
struct EndpointIndex {
    private var slices: [ObjectName: [SliceObject]] = [:]
    private let locality: Locality

    /// `v1 Endpoints` count only where no slice does: they are the same endpoints once more.
    init(_ objects: ObjectSet, _ locality: Locality, notes: inout [TranslationNote]) {
        self.locality = locality
        for slice in objects.slices.latest(by: \.name, kind: "EndpointSlice", &notes) where !slice.isForOthers {
            guard let service = slice.service else {
                notes.append(.sliceOfNoService(slice.name))
                continue
            }
            if slice.hasNames {
                notes.append(.sliceOfNames(slice.name))
            } else {
                slices[service, default: []].append(slice)
            }
        }
        for endpoints in objects.endpoints.latest(by: \.name, kind: "Endpoints", &notes)
        where !endpoints.isForOthers && slices[endpoints.name] == nil {
            slices[endpoints.name] = endpoints.subsets
        }
    }

    /// The endpoints of a service port, each once, in the families that the service has.
    func candidates(
        of service: ObjectName, _ port: ServiceObject.Port, families: Set<AddressFamily>
    ) -> [Candidate] {
        var candidates: [Candidate] = []
        var places: [Endpoint: Int] = [:]
        for slice in slices[service] ?? [] {
            for target in slice.ports where target.name == port.name && target.transport == port.transport {
                for member in slice.members where families.contains(member.address.family) {
                    let candidate = Candidate(
                        endpoint: Endpoint(address: member.address, port: target.port), member: member,
                        isLocal: locality.holds(member))
                    if let place = places[candidate.endpoint] {
                        if candidate.isPreferred(to: candidates[place]) { candidates[place] = candidate }
                    } else {
                        places[candidate.endpoint] = candidates.count
                        candidates.append(candidate)
                    }
                }
            }
        }
        return candidates
    }
}

extension Array {
    /// Of several objects with one name the last, where it stood first.
    func latest<Name: Hashable & CustomStringConvertible>(
        by name: (Element) -> Name, kind: String, _ notes: inout [TranslationNote]
    ) -> [Element] {
        var places: [Name: Int] = [:]
        var kept: [Element] = []
        kept.reserveCapacity(count)
        for element in self {
            let key = name(element)
            if let place = places[key] {
                notes.append(.repeated(kind: kind, name: key.description))
                kept[place] = element
            } else {
                places[key] = kept.count
                kept.append(element)
            }
        }
        return kept
    }
}
