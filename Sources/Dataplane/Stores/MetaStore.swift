// SPDX-License-Identifier: Apache-2.0

internal import BPFRuntime
internal import CDataplaneABI

/// Who wrote the maps, and what `enable` was asked for.
package struct DataplaneRecord: Hashable, Sendable {
    /// The version of the maps' layout that this tool writes, and the only one it reads.
    package static let abiVersion = UInt32(DATAPLANE_ABI_VERSION)

    package var toolVersion: String
    /// Seconds since 1970.
    package var enabledAt: UInt64
    /// The options of `enable`, as words of a command line.
    package var configuration: [String]
}

/// The `meta` map: the one entry that every version of the tool can read.
struct MetaStore: ~Copyable {
    private let map: Map<UInt32, meta>

    /// - Parameter isNew: the map has just been created and bears no version yet.
    /// - Throws: ``DataplaneError/unsupportedABI(found:supported:tool:)`` before anything else is looked at.
    init(in directory: PinDirectory, isNew: Bool = false) throws(DataplaneError) {
        let path = directory.map(.meta)
        let raw = try kernel { () throws(KernelError) in try RawMap(pinned: path) }
        let version = isNew ? (abi: DataplaneRecord.abiVersion, tool: "") : try Self.readHead(raw)
        guard version.abi == DataplaneRecord.abiVersion else {
            throw .unsupportedABI(found: version.abi, supported: DataplaneRecord.abiVersion, tool: version.tool)
        }
        map = try kernel { () throws(KernelError) in try Map(pinned: path) }
    }

    /// The version field of a `meta` value of whatever size.
    private static func readHead(_ raw: borrowing RawMap) throws(DataplaneError) -> (abi: UInt32, tool: String) {
        guard raw.info.type == .array, raw.info.keySize == 4, raw.info.valueSize >= 56 else {
            throw .damaged(pin: raw.name)
        }
        let bytes = try kernel { () throws(KernelError) in try raw.lookUpBytes(UInt32(0)) } ?? []
        guard bytes.count >= 56 else { throw .damaged(pin: raw.name) }
        let version = bytes[0..<4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let tool = String(decoding: bytes[24..<56].prefix { $0 != 0 }, as: UTF8.self)
        return (version, tool)
    }

    func read() throws(DataplaneError) -> meta {
        try kernel { () throws(KernelError) in try map.lookUp(0) } ?? meta()
    }

    func write(_ value: meta) throws(DataplaneError) {
        try kernel { () throws(KernelError) in try map.update(0, value) }
    }

    func record() throws(DataplaneError) -> DataplaneRecord {
        let value = try read()
        return DataplaneRecord(
            toolVersion: CText.read(value.tool_version), enabledAt: value.enabled_at,
            configuration: CText.read(value.configuration).split(separator: "\n").map(String.init))
    }

    func write(_ record: DataplaneRecord) throws(DataplaneError) {
        var value = try read()
        value.abi_version = DataplaneRecord.abiVersion
        value.enabled_at = record.enabledAt
        CText.write(record.toolVersion, to: &value.tool_version)
        CText.write(record.configuration.joined(separator: "\n"), to: &value.configuration)
        try write(value)
    }
}
