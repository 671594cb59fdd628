// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// An object whose maps exist and whose programs passed the verifier; nothing is attached or pinned.
///
/// Dropping it frees whatever was neither taken out of it, pinned nor attached.
package struct LoadedObject: ~Copyable {
    package let name: String

    let pointer: ObjectPointer

    /// A handle of its own to a program, which outlives the object.
    ///
    /// - Throws: ``KernelError`` with `ENOENT` for a name that the object lacks or that was left out of the load.
    package func program(named name: String) throws(KernelError) -> Program {
        let program = unsafe try pointer.program(name, .openProgram)
        let number = unsafe bpf_program__fd(program)
        guard number >= 0 else { throw KernelError(.openProgram, name, .noEntry) }
        return Program(name: name, descriptor: try .duplicating(number, name))
    }

    /// A handle of its own to a map, which outlives the object.
    ///
    /// - Parameter name: the name in the source, or a section such as `.rodata`.
    package func map(named name: String) throws(KernelError) -> RawMap {
        let map = unsafe try pointer.map(name, .openMap)
        let number = unsafe bpf_map__fd(map)
        guard number >= 0 else { throw KernelError(.openMap, name, .noEntry) }
        return try RawMap(name: name, descriptor: .duplicating(number, name))
    }

    /// The names of the programs that were loaded.
    package var programNames: [String] {
        unsafe pointer.programs().filter { unsafe bpf_program__fd($0) >= 0 }.map { unsafe programName($0) }
    }

    /// The names of the maps that the source defines.
    package var mapNames: [String] {
        unsafe zip(pointer.mapNames, pointer.maps()).filter { unsafe !bpf_map__is_internal($1) }.map(\.0)
    }
}

extension BPFObject {
    /// Creates the maps and passes every program through the verifier: all of them, or none.
    ///
    /// libbpf: `bpf_object__load`.
    ///
    /// - Throws: ``KernelError``: `loadProgram` with detail `verifier` and the program as subject when the verifier
    ///   refused one, otherwise `loadObject` with libbpf's messages.
    package consuming func load() throws(KernelError) -> LoadedObject {
        let object = unsafe pointer.raw
        let wanted = unsafe pointer.programs().filter { unsafe bpf_program__autoload($0) }
        let log = VerifierLogBuffer(programs: unsafe wanted.count)
        for index in unsafe wanted.indices {
            unsafe bpf_program__set_log_buf(wanted[index], log.start(of: index), log.length(of: index))
        }
        let (code, messages) = LibbpfOutput.capturing { failure { unsafe bpf_object__load(object) } }
        if let code {
            let names = unsafe wanted.map { unsafe programName($0) }
            throw log.error(.loadObject, name, programs: names, code, messages)
        }
        for index in unsafe wanted.indices {
            unsafe bpf_program__set_log_buf(wanted[index], nil, 0)
        }
        return LoadedObject(name: name, pointer: pointer)
    }
}
