// SPDX-License-Identifier: Apache-2.0

internal import CLibBPF
internal import LinuxSystem

/// How the compiler laid out the structures of an object, from the type information in its image.
package enum BTFLayout {
    package struct Structure: Hashable, Sendable {
        package let name: String

        /// Bytes.
        package let size: Int

        /// In the order of the source; members of nameless inner structures and unions stand for themselves.
        package let fields: [Field]
    }

    package struct Field: Hashable, Sendable {
        package let name: String

        /// Bytes from the beginning of the outermost structure; of a bit field, the byte in which it begins.
        package let offset: Int

        /// Bytes.
        package let size: Int

        package init(name: String, offset: Int, size: Int) {
            self.name = name
            self.offset = offset
            self.size = size
        }
    }

    /// The named structures and unions that the object's maps and programs use, by name.
    ///
    /// libbpf: `bpf_object__btf`.
    ///
    /// - Throws: ``KernelError`` with `ENOEXEC` for an image that is no BPF object, `ENOENT` for one without types.
    package static func structures(
        of image: [UInt8], name: String
    ) throws(KernelError) -> [String: Structure] {
        let object = try BPFObject(name: name, image: image)
        guard let types = unsafe bpf_object__btf(object.pointer.raw) else {
            throw KernelError(.readTypeInformation, name, .noEntry)
        }
        let reader = unsafe TypeReader(types: types)
        var found: [String: Structure] = [:]
        for id in 1..<max(1, unsafe btf__type_cnt(types)) {
            if let structure = reader.structure(id) { found[structure.name] = structure }
        }
        return found
    }
}

/// Reads libbpf's type table, which lives as long as the object it came from.
@safe
private struct TypeReader {
    let types: OpaquePointer

    /// The structure or union with this number, nil for types of other kinds and for nameless ones.
    func structure(_ id: UInt32) -> BTFLayout.Structure? {
        guard let type = unsafe btf__type_by_id(types, id), unsafe isComposite(type) else { return nil }
        let name = unsafe self.name(type.pointee.name_off)
        guard !name.isEmpty else { return nil }
        return unsafe BTFLayout.Structure(name: name, size: Int(type.pointee.size), fields: fields(of: type, at: 0))
    }

    private func fields(of type: UnsafePointer<btf_type>, at base: Int) -> [BTFLayout.Field] {
        guard let members = unsafe btf_members(type) else { return [] }
        var found: [BTFLayout.Field] = []
        for index in 0..<Int(unsafe btf_vlen(type)) {
            let member = unsafe members[index]
            let offset = base + Int(unsafe btf_member_bit_offset(type, UInt32(index))) / 8
            let name = self.name(member.name_off)
            if name.isEmpty, let inner = unsafe resolved(member.type), unsafe isComposite(inner) {
                unsafe found += fields(of: inner, at: offset)
            } else {
                let size = unsafe Int(btf__resolve_size(types, member.type))
                found.append(BTFLayout.Field(name: name, offset: offset, size: size))
            }
        }
        return found
    }

    /// The type behind qualifiers and typedefs.
    private func resolved(_ id: UInt32) -> UnsafePointer<btf_type>? {
        var current = unsafe btf__type_by_id(types, id)
        while let type = unsafe current, unsafe btf_is_mod(type) || btf_is_typedef(type) {
            unsafe current = btf__type_by_id(types, type.pointee.type)
        }
        return unsafe current
    }

    private func isComposite(_ type: UnsafePointer<btf_type>) -> Bool {
        unsafe btf_is_composite(type)
    }

    private func name(_ offset: UInt32) -> String {
        unsafe btf__name_by_offset(types, offset).map { unsafe String(cString: $0) } ?? ""
    }
}
