// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// A map in the kernel whose keys and values are bytes; ``Map`` and ``PerCPUMap`` give them types.
package struct RawMap: ~Copyable, Sendable {
    /// The full name in its object, the pin's path, or the kernel's name of at most 15 characters.
    package let name: String

    /// The real type and sizes, read once when the map was opened; they never change.
    package let info: MapInfo

    let descriptor: Descriptor

    init(name: String, descriptor: consuming Descriptor) throws(KernelError) {
        info = try MapInfo.reading(descriptor, subject: name)
        self.name = name.isEmpty ? info.name : name
        self.descriptor = descriptor
    }

    /// Opens the map pinned at `path`; the pin stays.
    ///
    /// libbpf: `bpf_obj_get`.
    ///
    /// - Throws: ``KernelError`` with detail `kind` when something else than a map is pinned there.
    package init(pinned path: String) throws(KernelError) {
        try self.init(name: path, descriptor: PinnedObject.open(path, as: .map, .openMap))
    }

    /// Opens a map by the kernel's number for it.
    ///
    /// libbpf: `bpf_map_get_fd_by_id`.
    package init(id: UInt32) throws(KernelError) {
        let descriptor = try performOpening(.openMap, "\(id)") { bpf_map_get_fd_by_id(id) }
        try self.init(name: "", descriptor: descriptor)
    }

    /// Creates an empty map without type information.
    ///
    /// libbpf: `bpf_map_create`.
    ///
    /// Of the name at most 15 characters, letters, digits, `_` and `.`, reach the kernel.
    ///
    /// - Parameter flags: `BPF_F_…`, such as `BPF_F_NO_PREALLOC` (1), which LPM tries need.
    package init(creating definition: MapDefinition, flags: UInt32 = 0) throws(KernelError) {
        let name = definition.name
        let descriptor = try performOpening(.createMap, name) {
            var options = bpf_map_create_opts()
            options.sz = size(bpf_map_create_opts.self)
            options.map_flags = flags
            return unsafe bpf_map_create(
                bpf_map_type(definition.type.rawValue), String(name.prefix(15)), UInt32(definition.keySize),
                UInt32(definition.valueSize), definition.maxEntries, &options)
        }
        try self.init(name: name, descriptor: descriptor)
    }

    /// Pins the map at `path`, which must lie on a bpffs and be free (`EEXIST` otherwise).
    ///
    /// libbpf: `bpf_obj_pin`.
    package func pin(at path: String) throws(KernelError) {
        try perform(.pin, path) { unsafe bpf_obj_pin(descriptor.rawValue, path) }
    }

    /// A second handle to the same map.
    package func duplicate() throws(KernelError) -> RawMap {
        try RawMap(name: name, descriptor: .duplicating(descriptor.rawValue, name))
    }

    /// The bytes of memory that the kernel accounts to the map, nil where /proc is not mounted.
    package func memory() -> UInt64? {
        accountedMemory(of: descriptor)
    }

    /// How many entries there are now; goes through the whole map, but keeps nothing of it.
    ///
    /// For arrays this is always the number of slots; of a ring buffer, whose room is in bytes as well, the bytes that
    /// wait to be read.
    package func entryCount() throws(KernelError) -> Int {
        if info.type == .ringBuffer { return try unreadBytes() }
        if info.type == .array || info.type == .perCPUArray { return Int(info.maxEntries) }
        var cursor = try RawCursor(self)
        var total = 0
        while try cursor.next() {
            total += cursor.count
        }
        return total
    }

    /// Refuses types that are not exactly the map's keys and values, in memory and one after the other in an array.
    ///
    /// A type with padding at its end is refused, too: Swift does not keep that zero, and the kernel compares keys
    /// bytewise.
    func requireLayout<Key, Value>(_: Key.Type, _: Value.Type) throws(KernelError) {
        let key = MemoryLayout<Key>.size == info.keySize ? MemoryLayout<Key>.stride : MemoryLayout<Key>.size
        let value = MemoryLayout<Value>.size == info.valueSize ? MemoryLayout<Value>.stride : MemoryLayout<Value>.size
        try requireLayout(key: key, value: value, .openMap)
    }

    /// Refuses a caller whose types have other sizes than the map; sizes in bytes.
    func requireLayout(key: Int, value: Int, _ operation: KernelError.Operation) throws(KernelError) {
        if key != info.keySize {
            let detail = KernelError.Detail.layout(part: .key, expected: key, found: info.keySize)
            throw KernelError(operation, name, .invalidArgument, detail: detail)
        }
        if value != info.valueSize {
            let detail = KernelError.Detail.layout(part: .value, expected: value, found: info.valueSize)
            throw KernelError(operation, name, .invalidArgument, detail: detail)
        }
    }
}

extension RawMap {
    /// - Parameter value: room for the value, of every processor where the type is per processor.
    /// - Returns: false when there is no such key.
    func lookUp(_ key: UnsafeRawPointer, into value: UnsafeMutableRawPointer) throws(KernelError) -> Bool {
        do {
            _ = try attempt { unsafe bpf_map_lookup_elem(descriptor.rawValue, key, value) }
            return true
        } catch {
            if error == .noEntry { return false }
            throw KernelError(.lookUp, name, error)
        }
    }

    func update(_ key: UnsafeRawPointer, _ value: UnsafeRawPointer, _ mode: UpdateMode) throws(KernelError) {
        try perform(.update, name) {
            unsafe bpf_map_update_elem(descriptor.rawValue, key, value, mode.rawValue)
        }
    }

    /// - Returns: false when there was no such key.
    func delete(_ key: UnsafeRawPointer) throws(KernelError) -> Bool {
        do {
            _ = try attempt { unsafe bpf_map_delete_elem(descriptor.rawValue, key) }
            return true
        } catch {
            if error == .noEntry { return false }
            throw KernelError(.delete, name, error)
        }
    }
}

/// Whether an update may create the entry, and whether it may replace one.
package enum UpdateMode: UInt64, Sendable {
    /// Creates or replaces.
    case any = 0

    /// Creates; `EEXIST` when the key is there.
    case create = 1

    /// Replaces; `ENOENT` when the key is not there.
    case replace = 2
}
