// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// One block of clients that a service admits.
struct SourceRange: Hashable, Sendable {
    let serviceID: UInt32
    let prefix: Prefix
}

/// The source_ranges map of one address family, and what is known of it since it was read.
struct SourceRanges<ABI: FamilyABI>: ~Copyable where ABI.SourceRangeKey: BitwiseCopyable {
    private let map: Map<ABI.SourceRangeKey, UInt32>
    private(set) var count = 0
    private var prefixes: [UInt32: Set<Prefix>] = [:]

    init(in directory: PinDirectory) throws(DataplaneError) {
        let map = try kernel { () throws(KernelError) in
            try Map<ABI.SourceRangeKey, UInt32>(pinned: directory.map(.sourceRanges(ABI.family)))
        }
        for (key, _) in try kernel({ () throws(KernelError) in try map.entries() }) {
            prefixes[key.service_id, default: []].insert(key.prefix)
            count += 1
        }
        self.map = map
    }

    var capacity: Int { Int(map.info.maxEntries) }

    /// What the service with this number admits.
    subscript(serviceID: UInt32) -> Set<Prefix> { prefixes[serviceID] ?? [] }

    /// - Parameter ranges: none of them there already.
    mutating func add(_ ranges: [SourceRange]) throws(DataplaneError) {
        guard !ranges.isEmpty else { return }
        let keys = ranges.compactMap { ABI.SourceRangeKey($0) }
        try kernel { () throws(KernelError) in
            try map.updateBatch(keys, [UInt32](repeating: 1, count: keys.count))
        }
        for range in ranges { prefixes[range.serviceID, default: []].insert(range.prefix) }
        count += ranges.count
    }

    /// - Parameter ranges: all of them there.
    mutating func remove(_ ranges: [SourceRange]) throws(DataplaneError) {
        guard !ranges.isEmpty else { return }
        try kernel { () throws(KernelError) in
            _ = try map.deleteBatch(ranges.compactMap { ABI.SourceRangeKey($0) })
        }
        for range in ranges { prefixes[range.serviceID]?.remove(range.prefix) }
        count -= ranges.count
    }

    /// Everything that the services admit.
    func ranges(of serviceIDs: [UInt32]) -> [SourceRange] {
        serviceIDs.flatMap { id in self[id].map { SourceRange(serviceID: id, prefix: $0) } }
    }
}

extension SourceRangeKeyABI where Address: AddressABI {
    /// Nil for a block of the other family.
    init?(_ range: SourceRange) {
        guard let address = Address(range.prefix.address) else { return nil }
        self.init()
        prefix_length = UInt32(Self.serviceBits + range.prefix.length)
        service_id = range.serviceID
        addr = address
    }

    fileprivate var prefix: Prefix {
        Prefix(around: addr.model, length: Int(prefix_length) - Self.serviceBits)
    }

    /// The service's number is matched whole, before the client's address.
    private static var serviceBits: Int { UInt32.bitWidth }
}
