// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI
internal import DataplaneModel

/// One entry of `service_names`: a service's name, its settings, and the runs of slots it owns, IPv4 first.
struct ServiceRecord: Hashable, Sendable {
    /// First the table that frontends point into, then the listing of all backends.
    struct Run: Hashable, Sendable {
        var first = 0
        var table = 0
        var listed = 0

        var slots: Range<Int> { first..<first + table + listed }
        var listing: Range<Int> { first + table..<first + table + listed }
    }

    /// What holds for the service as a whole, whichever frontends it has.
    struct Settings: Hashable, Sendable {
        var externalPolicy = TrafficPolicy.cluster
        var internalPolicy = TrafficPolicy.cluster
        var algorithm = BalancingAlgorithm.random
        /// 0 without session affinity.
        var affinitySeconds: UInt32 = 0
    }

    var name: ServiceName
    var runs: [Run]
    var settings: Settings

    init(name: ServiceName, runs: [Run] = [Run(), Run()], settings: Settings = Settings()) {
        self.name = name
        self.runs = runs
        self.settings = settings
    }

    /// Nil when the text is no service name, which only another writer can have put there.
    init?(abi value: service_name) {
        guard let name = try? ServiceName(CText.read(value.text)) else { return nil }
        self.init(
            name: name, runs: [Run(abi: value.run.0), Run(abi: value.run.1)], settings: Settings(abi: value))
    }

    var abi: service_name {
        var value = service_name()
        value.run = (runs[0].abi, runs[1].abi)
        value.settings = settings.abiFlags
        value.affinity_seconds = settings.affinitySeconds
        CText.write(name.text, to: &value.text)
        return value
    }

    /// The service, given what the other maps hold of it.
    func service(frontends: [Frontend], backends: [Backend], sourceRanges: [Prefix]) -> Service {
        Service(
            name: name, frontends: frontends.sorted(), backends: backends.sorted(),
            affinity: settings.affinitySeconds == 0 ? nil : .seconds(Int64(settings.affinitySeconds)),
            externalPolicy: settings.externalPolicy, internalPolicy: settings.internalPolicy,
            sourceRanges: sourceRanges.sorted(), algorithm: settings.algorithm)
    }
}

extension ServiceRecord.Run {
    init(abi run: slot_run) {
        self.init(first: Int(run.first), table: Int(run.table), listed: Int(run.listed))
    }

    var abi: slot_run { slot_run(first: UInt32(first), table: UInt32(table), listed: UInt32(listed)) }
}

extension ServiceRecord.Settings {
    init(_ service: Service) {
        self.init(
            externalPolicy: service.externalPolicy, internalPolicy: service.internalPolicy,
            algorithm: service.algorithm,
            affinitySeconds: UInt32(clamping: service.affinity?.components.seconds ?? 0))
    }

    init(abi value: service_name) {
        func has(_ setting: service_setting) -> Bool { value.settings & setting.rawValue != 0 }
        self.init(
            externalPolicy: has(SERVICE_EXTERNAL_LOCAL) ? .local : .cluster,
            internalPolicy: has(SERVICE_INTERNAL_LOCAL) ? .local : .cluster,
            algorithm: has(SERVICE_MAGLEV) ? .maglev : .random, affinitySeconds: value.affinity_seconds)
    }

    /// `enum service_setting`.
    var abiFlags: UInt32 {
        var flags: UInt32 = 0
        if externalPolicy == .local { flags |= SERVICE_EXTERNAL_LOCAL.rawValue }
        if internalPolicy == .local { flags |= SERVICE_INTERNAL_LOCAL.rawValue }
        if algorithm == .maglev { flags |= SERVICE_MAGLEV.rawValue }
        return flags
    }
}

extension ServiceRecord {
    /// All that the map holds, by the numbers that frontends and connections carry.
    static func all(in map: borrowing Map<UInt32, service_name>) throws(DataplaneError) -> [UInt32: ServiceRecord] {
        var records: [UInt32: ServiceRecord] = [:]
        do throws(KernelError) {
            try map.forEach { id, value in records[id] = ServiceRecord(abi: value) }
        } catch {
            throw .kernel(error)
        }
        return records
    }

    static func all(in directory: PinDirectory) throws(DataplaneError) -> [UInt32: ServiceRecord] {
        let map = try kernel { () throws(KernelError) in
            try Map<UInt32, service_name>(pinned: directory.map(.serviceNames))
        }
        return try all(in: map)
    }
}
