// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// The frontends, slots and source ranges of one address family, and what is known of them since they were read.
struct FamilyServices<ABI: FamilyABI>: ~Copyable
where
    ABI.FrontendKey: BitwiseCopyable, ABI.Frontend: BitwiseCopyable, ABI.Slot: BitwiseCopyable,
    ABI.SourceRangeKey: BitwiseCopyable
{
    private let frontendMap: Map<ABI.FrontendKey, ABI.Frontend>
    private let slotMap: Map<UInt32, ABI.Slot>
    /// What the frontends map holds.
    private(set) var entries: [FrontendAddress: FrontendEntry] = [:]
    private(set) var addresses: [UInt32: Set<FrontendAddress>] = [:]
    private(set) var allocator: SlotAllocator
    var sourceRanges: SourceRanges<ABI>

    /// - Parameter runs: the runs that services own by their records; frontends may still point elsewhere after a crash.
    init(in directory: PinDirectory, nextSlot: UInt32, runs: [Range<Int>]) throws(DataplaneError) {
        let frontendMap = try kernel { () throws(KernelError) in
            try Map<ABI.FrontendKey, ABI.Frontend>(pinned: directory.map(.frontends(ABI.family)))
        }
        let slotMap = try kernel { () throws(KernelError) in
            try Map<UInt32, ABI.Slot>(pinned: directory.map(.slots(ABI.family)))
        }
        let sourceRanges = try SourceRanges<ABI>(in: directory)
        entries = try Self.read(frontendMap)
        for (address, entry) in entries { addresses[entry.serviceID, default: []].insert(address) }
        allocator = SlotAllocator(
            capacity: Int(slotMap.info.maxEntries), next: Int(nextSlot), used: runs + entries.values.map(\.table))
        self.frontendMap = frontendMap
        self.slotMap = slotMap
        self.sourceRanges = sourceRanges
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

    /// The frontends of a service, in no order; a node port is one, whatever its families.
    func frontends(of id: UInt32) -> [Frontend] {
        (addresses[id] ?? []).compactMap { address in
            entries[address].map { Frontend(address, flags: $0.flags) }
        }
    }

    /// Whether the frontends of a service lead to the run of its record, with its settings.
    ///
    /// They do not when the command that wrote the record was killed before it came to them.
    func agree(with service: Service, id: UInt32, run: ServiceRecord.Run, enabled: Set<AddressFamily>) -> Bool {
        let wanted = service.entries(in: ABI.family, of: enabled)
        guard Set(wanted.map(\.1)) == addresses[id] ?? [] else { return false }
        return wanted.allSatisfy { frontend, address in
            guard let entry = entries[address] else { return false }
            return entry.table.count == run.table && (run.table == 0 || entry.slots.lowerBound == run.first)
                && entry.flags == service.abiFlags(of: frontend)
                && entry.affinitySeconds == ServiceRecord.Settings(service).affinitySeconds
        }
    }

    /// A map that is too small is found before anything is written.
    func requireRoom(for writes: ServicePlan.Writes<ABI>) throws(DataplaneError) {
        let frontends = writes.frontends.count { entries[$0.address] == nil }
        let room = Int(frontendMap.info.maxEntries) - entries.count
        guard frontends <= room else {
            throw .mapFull(map: "\(MapName.frontends(ABI.family))", needed: frontends, free: room)
        }
        let ranges = writes.admitted.count
        let rangeRoom = sourceRanges.capacity - sourceRanges.count
        guard ranges <= rangeRoom else {
            throw .mapFull(map: "\(MapName.sourceRanges(ABI.family))", needed: ranges, free: rangeRoom)
        }
    }

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

    /// Writes what frontends will lead to: slots that nothing points to yet, and more ranges than before.
    mutating func prepare(_ writes: ServicePlan.Writes<ABI>) throws(DataplaneError) {
        if !writes.slots.isEmpty {
            try kernel { () throws(KernelError) in try slotMap.updateBatch(writes.indices, writes.slots) }
        }
        try sourceRanges.add(writes.admitted)
    }

    /// Takes away what nothing leads to any more.
    mutating func cleanUp(after writes: ServicePlan.Writes<ABI>) throws(DataplaneError) {
        try delete(writes.abandoned)
        try sourceRanges.remove(writes.excluded)
        for run in writes.freed { allocator.free(run) }
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
