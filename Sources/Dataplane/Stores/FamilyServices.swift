// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// The frontends and slots of one address family, and what is known of them since they were read.
struct FamilyServices<ABI: FamilyABI>: ~Copyable
where ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable, ABI.Slot: BitwiseCopyable {
    private let frontendMap: Map<ABI.FrontendKey, ABI.Frontend>
    private let slotMap: Map<UInt32, ABI.Slot>
    /// What the frontends map holds.
    private(set) var entries: [FrontendAddress: FrontendEntry] = [:]
    private(set) var addresses: [UInt32: Set<FrontendAddress>] = [:]
    private(set) var allocator: SlotAllocator

    /// - Parameter runs: the runs that services own by their records; frontends may still point elsewhere after a crash.
    init(in directory: PinDirectory, nextSlot: UInt32, runs: [Range<Int>]) throws(DataplaneError) {
        let frontendMap = try kernel { () throws(KernelError) in
            try Map<ABI.FrontendKey, ABI.Frontend>(pinned: directory.map(.frontends(ABI.family)))
        }
        let slotMap = try kernel { () throws(KernelError) in
            try Map<UInt32, ABI.Slot>(pinned: directory.map(.slots(ABI.family)))
        }
        entries = try Self.read(frontendMap)
        for (address, entry) in entries { addresses[entry.serviceID, default: []].insert(address) }
        allocator = SlotAllocator(
            capacity: Int(slotMap.info.maxEntries), next: Int(nextSlot), used: runs + entries.values.map(\.slots))
        self.frontendMap = frontendMap
        self.slotMap = slotMap
    }

    private static func read(
        _ map: borrowing Map<ABI.FrontendKey, ABI.Frontend>
    ) throws(DataplaneError) -> [FrontendAddress: FrontendEntry] {
        var entries: [FrontendAddress: FrontendEntry] = [:]
        do throws(KernelError) {
            try map.forEach { key, value in
                guard let address = FrontendAddress(abi: key) else { return }
                entries[address] = FrontendEntry(abi: value)
            }
        } catch {
            throw .kernel(error)
        }
        return entries
    }

    var frontendCapacity: Int { Int(frontendMap.info.maxEntries) }

    func readSlots(_ range: Range<Int>) throws(DataplaneError) -> [ABI.Slot] {
        try kernel { () throws(KernelError) in
            var slots: [ABI.Slot] = []
            for index in range {
                slots.append(try slotMap.lookUp(UInt32(index)) ?? ABI.Slot())
            }
            return slots
        }
    }

    /// Every slot of the map, for reading all services at once.
    func readAllSlots(upTo end: Int) throws(DataplaneError) -> [ABI.Slot] {
        var slots = [ABI.Slot](repeating: ABI.Slot(), count: end)
        try kernel { () throws(KernelError) in
            var cursor = try slotMap.cursor()
            while try cursor.next() {
                for index in 0..<cursor.count {
                    let key = Int(cursor.key(at: index))
                    if key < end { slots[key] = cursor.value(at: index) }
                }
                if cursor.count > 0, Int(cursor.key(at: cursor.count - 1)) >= end - 1 { break }
            }
        }
        return slots
    }

    mutating func allocate(_ count: Int) throws(DataplaneError) -> Range<Int> {
        guard let run = allocator.allocate(count) else {
            throw .mapFull(map: "\(MapName.slots(ABI.family))", needed: count, free: allocator.freeCount)
        }
        return run
    }

    mutating func free(_ run: Range<Int>) { allocator.free(run) }

    func write(_ slots: [ABI.Slot], at first: [UInt32]) throws(DataplaneError) {
        guard !slots.isEmpty else { return }
        try kernel { () throws(KernelError) in try slotMap.updateBatch(first, slots) }
    }

    /// Points frontends at their new runs, each in one atomic step.
    mutating func write(_ changed: [(address: FrontendAddress, entry: FrontendEntry)]) throws(DataplaneError) {
        let fresh = changed.filter { entries[$0.address] != $0.entry }
        guard !fresh.isEmpty else { return }
        let keys = fresh.compactMap { ABI.FrontendKey($0.address) }
        try kernel { () throws(KernelError) in
            try frontendMap.updateBatch(keys, fresh.map { $0.entry.abi(ABI.Frontend.self) })
        }
        for (address, entry) in fresh {
            if let old = entries[address] { addresses[old.serviceID]?.remove(address) }
            entries[address] = entry
            addresses[entry.serviceID, default: []].insert(address)
        }
    }

    mutating func delete(_ gone: [FrontendAddress]) throws(DataplaneError) {
        guard !gone.isEmpty else { return }
        try kernel { () throws(KernelError) in
            _ = try frontendMap.deleteBatch(gone.compactMap { ABI.FrontendKey($0) })
        }
        for address in gone {
            guard let old = entries.removeValue(forKey: address) else { continue }
            addresses[old.serviceID]?.remove(address)
        }
    }
}

/// The value of a frontend, free of its family.
struct FrontendEntry: Hashable, Sendable {
    var serviceID: UInt32
    var slots: Range<Int>
    var localCount: Int
    var affinitySeconds: UInt32
    var flags: UInt32

    init(serviceID: UInt32, slots: Range<Int>, localCount: Int, affinitySeconds: UInt32, flags: UInt32) {
        self.serviceID = serviceID
        self.slots = slots
        self.localCount = localCount
        self.affinitySeconds = affinitySeconds
        self.flags = flags
    }

    init(abi value: some FrontendABI) {
        self.init(
            serviceID: value.service_id, slots: Int(value.first_slot)..<Int(value.first_slot) + Int(value.slot_count),
            localCount: Int(value.local_count), affinitySeconds: value.affinity_seconds, flags: value.flags)
    }

    func abi<Value: FrontendABI>(_ type: Value.Type) -> Value {
        var value = Value()
        value.service_id = serviceID
        value.first_slot = UInt32(slots.lowerBound)
        value.slot_count = UInt32(slots.count)
        value.local_count = UInt32(localCount)
        value.affinity_seconds = affinitySeconds
        value.flags = flags
        return value
    }
}

extension FrontendAddress {
    /// Nil for a protocol that this tool does not write.
    init?<Key: FrontendKeyABI>(abi key: Key) where Key.Address: AddressABI {
        guard let transport = TransportProtocol(rawValue: key.proto) else { return nil }
        self.init(
            endpoint: Endpoint(address: key.addr.model, port: UInt16(bigEndian: key.port)), transport: transport)
    }
}

extension FrontendKeyABI where Address: AddressABI {
    /// Nil for an address of the other family.
    init?(_ address: FrontendAddress) {
        guard let addr = Address(address.endpoint.address) else { return nil }
        self.init()
        self.addr = addr
        port = address.endpoint.port.bigEndian
        proto = address.transport.rawValue
    }
}

extension SlotABI where Address: AddressABI {
    /// Nil for a backend of the other family.
    init?(_ backend: Backend, listed: Bool) {
        guard let addr = Address(backend.endpoint.address) else { return nil }
        self.init()
        self.addr = addr
        port = backend.endpoint.port.bigEndian
        flags = backend.isLocal == true ? UInt8(SLOT_LOCAL.rawValue) : 0
        guard listed else { return }
        weight = UInt8(clamping: backend.weight)
        if backend.state == .draining { flags |= UInt8(SLOT_DRAINING.rawValue) }
    }

    /// A slot of the listing as the backend it stands for.
    var backend: Backend {
        Backend(
            endpoint: Endpoint(address: addr.model, port: UInt16(bigEndian: port)), weight: max(1, Int(weight)),
            isLocal: flags & UInt8(SLOT_LOCAL.rawValue) != 0,
            state: flags & UInt8(SLOT_DRAINING.rawValue) != 0 ? .draining : .active)
    }
}
