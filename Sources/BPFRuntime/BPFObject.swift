// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// A compiled object, parsed but not yet in the kernel: the time to set constants and sizes.
package struct BPFObject: ~Copyable {
    /// The name given by the caller, which stands in errors.
    package let name: String

    let pointer: ObjectPointer

    /// Parses an ELF image; the bytes are copied, nothing is read from disk and nothing reaches the kernel.
    ///
    /// libbpf: `bpf_object__open_mem`.
    ///
    /// - Throws: ``KernelError`` with `ENOEXEC` when the image is no BPF object.
    package init(name: String, image: [UInt8]) throws(KernelError) {
        let (answer, messages) = unsafe LibbpfOutput.capturing { unsafe Self.open(name, image) }
        switch unsafe answer {
        case .success(let raw):
            self.name = name
            pointer = unsafe ObjectPointer(raw: raw)
        case .failure(let code):
            throw KernelError(.openObject, name, code, detail: messages.isEmpty ? nil : .messages(messages))
        }
    }

    private static func open(_ name: String, _ image: [UInt8]) -> Result<OpaquePointer, Errno> {
        unsafe name.withCString { nameStart in
            var options = unsafe bpf_object_open_opts()
            unsafe options.sz = size(bpf_object_open_opts.self, through: \.kernel_log_level)
            unsafe options.object_name = nameStart
            return unsafe image.withUnsafeBytes { bytes in
                unsafe Result { () throws(Errno) in
                    unsafe try attemptPointer {
                        unsafe bpf_object__open_mem(bytes.baseAddress, bytes.count, &options)
                    }
                }
            }
        }
    }
}

/// Owns libbpf's object; what was handed out of it as descriptors of our own outlives it.
@safe
struct ObjectPointer: ~Copyable {
    let raw: OpaquePointer

    /// The maps' names as the source has them: libbpf renames a map that is made to reuse another.
    let mapNames: [String]

    init(raw: OpaquePointer) {
        unsafe self.raw = raw
        mapNames = unsafe Self.maps(of: raw).map { unsafe mapName($0) }
    }

    deinit {
        unsafe bpf_object__close(raw)
    }

    /// The object's programs in the order in which libbpf loads them.
    func programs() -> [OpaquePointer] {
        var found: [OpaquePointer] = unsafe []
        var last: OpaquePointer?
        while let next = unsafe bpf_object__next_program(raw, last) {
            unsafe found.append(next)
            unsafe last = next
        }
        return unsafe found
    }

    /// The object's maps, those that hold constants and variables included.
    func maps() -> [OpaquePointer] {
        unsafe Self.maps(of: raw)
    }

    private static func maps(of raw: OpaquePointer) -> [OpaquePointer] {
        var found: [OpaquePointer] = unsafe []
        var last: OpaquePointer?
        while let next = unsafe bpf_object__next_map(raw, last) {
            unsafe found.append(next)
            unsafe last = next
        }
        return unsafe found
    }

    func program(_ name: String, _ operation: KernelError.Operation) throws(KernelError) -> OpaquePointer {
        if let found = unsafe bpf_object__find_program_by_name(raw, name) { return unsafe found }
        throw KernelError(operation, name, .noEntry)
    }

    func map(_ name: String, _ operation: KernelError.Operation) throws(KernelError) -> OpaquePointer {
        if let index = mapNames.firstIndex(of: name) { return unsafe maps()[index] }
        if let found = unsafe bpf_object__find_map_by_name(raw, name) { return unsafe found }
        throw KernelError(operation, name, .noEntry)
    }
}

func programName(_ program: OpaquePointer) -> String {
    unsafe bpf_program__name(program).map { unsafe String(cString: $0) } ?? ""
}

private func mapName(_ map: OpaquePointer) -> String {
    unsafe bpf_map__name(map).map { unsafe String(cString: $0) } ?? ""
}
