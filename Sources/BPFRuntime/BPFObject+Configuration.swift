// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

extension BPFObject {
    /// The names of all programs, in the order of the image.
    package var programNames: [String] {
        unsafe pointer.programs().map { unsafe programName($0) }
    }

    /// The maps that the source defines; those that libbpf makes for constants and variables are not among them.
    package var maps: [MapDefinition] {
        unsafe zip(pointer.mapNames, pointer.maps()).filter { unsafe !bpf_map__is_internal($1) }.map { name, map in
            unsafe MapDefinition(
                name: name, type: MapType(rawValue: bpf_map__type(map).rawValue),
                keySize: Int(bpf_map__key_size(map)), valueSize: Int(bpf_map__value_size(map)),
                maxEntries: bpf_map__max_entries(map))
        }
    }

    /// The sections of variables, such as `.data.trace`, each of which becomes a map of one entry.
    package var variables: [String] {
        unsafe zip(pointer.mapNames, pointer.maps()).filter { name, map in
            unsafe bpf_map__is_internal(map) && name.hasPrefix(".data")
        }.map(\.0)
    }

    /// Sets a section of constants, such as `.rodata.config`, which the verifier then takes as known.
    ///
    /// libbpf: `bpf_map__set_initial_value`.
    ///
    /// - Throws: ``KernelError`` with `ENOENT` for an unknown section, detail `layout` for another size.
    package func setConstants<Value: BitwiseCopyable>(section: String, to value: Value) throws(KernelError) {
        try setConstants(section: section, bytes: unsafe withUnsafeBytes(of: value) { unsafe [UInt8]($0) })
    }

    /// As ``setConstants(section:to:)``, from bytes.
    package func setConstants(section: String, bytes: [UInt8]) throws(KernelError) {
        let map = unsafe try pointer.map(section, .configureObject)
        var length = 0
        _ = unsafe bpf_map__initial_value(map, &length)
        guard length == bytes.count else {
            let detail = KernelError.Detail.layout(part: .section, expected: bytes.count, found: length)
            throw KernelError(.configureObject, section, .invalidArgument, detail: detail)
        }
        try perform(.configureObject, section) { unsafe bpf_map__set_initial_value(map, bytes, bytes.count) }
    }

    /// Sets the number of entries that the map will have room for.
    ///
    /// libbpf: `bpf_map__set_max_entries`.
    package func setMaxEntries(of map: String, to count: UInt32) throws(KernelError) {
        let found = unsafe try pointer.map(map, .configureObject)
        try perform(.configureObject, map) { unsafe bpf_map__set_max_entries(found, count) }
    }

    /// Makes the object use a map that exists already, instead of creating its own.
    ///
    /// Its number of entries may differ from the definition, its type and sizes must not.
    ///
    /// libbpf: `bpf_map__reuse_fd`.
    package func reuse(_ existing: borrowing RawMap, as name: String) throws(KernelError) {
        let map = unsafe try pointer.map(name, .configureObject)
        let type = unsafe MapType(rawValue: bpf_map__type(map).rawValue)
        guard existing.info.type == type else {
            let detail = KernelError.Detail.mapType(expected: type, found: existing.info.type)
            throw KernelError(.configureObject, name, .invalidArgument, detail: detail)
        }
        try unsafe existing.requireLayout(
            key: Int(bpf_map__key_size(map)), value: Int(bpf_map__value_size(map)), .configureObject)
        try perform(.configureObject, name) { unsafe bpf_map__reuse_fd(map, existing.descriptor.rawValue) }
    }

    /// Says what a program is for, where its section name does not.
    ///
    /// libbpf: `bpf_program__set_type`, `bpf_program__set_expected_attach_type`.
    package func setType(
        of program: String, to type: ProgramType, attachType: AttachType? = nil
    ) throws(KernelError) {
        let found = unsafe try pointer.program(program, .configureObject)
        try perform(.configureObject, program) { unsafe bpf_program__set_type(found, bpf_prog_type(type.rawValue)) }
        guard let attachType else { return }
        try perform(.configureObject, program) {
            unsafe bpf_program__set_expected_attach_type(found, bpf_attach_type(attachType.rawValue))
        }
    }

    /// Leaves a program out of the load.
    ///
    /// libbpf: `bpf_program__set_autoload`.
    package func disable(program: String) throws(KernelError) {
        let found = unsafe try pointer.program(program, .configureObject)
        try perform(.configureObject, program) { unsafe bpf_program__set_autoload(found, false) }
    }

    /// Leaves all programs but one out of the load, to learn whether the verifier takes just that one.
    package func keepOnly(program: String) throws(KernelError) {
        _ = unsafe try pointer.program(program, .configureObject)
        for other in programNames where other != program {
            try disable(program: other)
        }
    }
}
