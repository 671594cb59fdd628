// SPDX-License-Identifier: Apache-2.0

/// One client that session affinity keeps on a backend of a service.
package struct AffinityEntry: Hashable, Sendable {
    /// Whom the backend is kept for.
    package enum Client: Hashable, Comparable, Sendable {
        case address(IPAddress)
        /// At connect time, when a client has no address yet: the low half of its network namespace's cookie.
        case namespace(cookie: UInt32)
    }

    package var client: Client
    package var family: AddressFamily
    package var serviceID: UInt32
    /// Nil when the service has been deleted since.
    package var service: ServiceName?
    package var backend: Endpoint
    /// Time since the client's last new connection.
    package var age: Duration
    /// How long the backend is still kept; zero once the entry has expired, which its client's next connection notices.
    package var remaining: Duration

    package init(
        client: Client, family: AddressFamily, serviceID: UInt32, service: ServiceName?, backend: Endpoint,
        age: Duration, remaining: Duration
    ) {
        self.client = client
        self.family = family
        self.serviceID = serviceID
        self.service = service
        self.backend = backend
        self.age = age
        self.remaining = remaining
    }

    package var isExpired: Bool { remaining <= .zero }
}

extension AffinityEntry: Comparable {
    /// By service, those that are gone first, then by client.
    package static func < (left: AffinityEntry, right: AffinityEntry) -> Bool {
        guard left.serviceID == right.serviceID else {
            switch (left.service, right.service) {
            case (let one?, let other?): return one < other
            case (nil, nil): return left.serviceID < right.serviceID
            case (let one, _): return one == nil
            }
        }
        return left.family == right.family ? left.client < right.client : left.family < right.family
    }
}

extension AffinityEntry.Client {
    /// The kinds by the names that documents and tables use.
    package var kind: String {
        switch self {
        case .address: "address"
        case .namespace: "namespace"
        }
    }
}

extension AffinityEntry.Client: CustomStringConvertible {
    /// `10.0.0.1`, or `netns:4711`.
    package var description: String {
        switch self {
        case .address(let address): address.description
        case .namespace(let cookie): "netns:\(cookie)"
        }
    }
}
